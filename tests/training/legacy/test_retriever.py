import ast
import csv
import importlib.util
import inspect
import logging
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from sentence_transformers import InputExample, SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from torch.utils.data import Dataset

from beir_hybrid.batching.loader import HybridBatchDataLoader
from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.legacy.retriever import TrainRetriever

FACTS = [
    ("capital france", "paris", "the capital of france"),
    ("capital spain", "madrid", "the capital of spain"),
    ("capital italy", "rome", "the capital of italy"),
    ("capital japan", "tokyo", "the capital of japan"),
    ("metal of wires", "copper", "a metal that wires consist of"),
    ("metal of magnets", "iron", "a metal that magnets consist of"),
    ("largest planet", "jupiter", "the largest planet"),
    ("red planet", "mars", "the planet that is red"),
]

CORPUS = {f"d{number}": {"title": title, "text": text} for number, (_, title, text) in enumerate(FACTS)}
QUERIES = {f"q{number}": query for number, (query, _, _) in enumerate(FACTS)}
QRELS = {f"q{number}": {f"d{number}": 1, f"d{(number + 1) % 8}": 0} for number in range(8)}


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # where the host's own fit makes a folder of checkpoints


@pytest.fixture
def retriever(pairs):
    torch.manual_seed(0)
    return TrainRetriever(model=static_model(pairs, 8), batch_size=4)


def texts(examples):
    return [example.texts for example in examples]


def test_methods_and_parameters_are_those_of_beir():
    beir = Path(importlib.util.find_spec("beir").origin).parent / "retrieval" / "train.py"
    theirs = next(node for node in ast.parse(beir.read_text()).body if isinstance(node, ast.ClassDef))
    methods = {node.name: node.args for node in theirs.body if isinstance(node, ast.FunctionDef)}
    assert len(methods) == 8
    for name, arguments in methods.items():
        ours = inspect.signature(getattr(TrainRetriever, name)).parameters
        names = [argument.arg for argument in arguments.args]
        assert [*ours][: len(names)] == names
        optional = names[len(names) - len(arguments.defaults) :]
        for parameter, default in zip(optional, arguments.defaults, strict=True):
            if name != "fit" or not parameter.startswith("optimizer_"):  # of an AdamW that transformers no longer has
                assert ours[parameter].default == ast.literal_eval(default)


def test_examples_are_queries_with_their_relevant_documents(retriever):
    qrels = {"q1": {"d1": 1, "d2": 2, "d3": 0}, "q0": {"d0": 1}}
    examples = retriever.load_train(CORPUS, {"q0": "zero", "q1": "one", "unjudged": "two"}, qrels)
    assert texts(examples) == [
        ["zero", "paris the capital of france"],
        ["one", "madrid the capital of spain"],
        ["one", "rome the capital of italy"],
    ]
    assert {example.label for example in examples} == {1}
    assert [(example.query_id, example.document_id) for example in examples][1:] == [("q1", "d1"), ("q1", "d2")]


@pytest.mark.parametrize(
    ("document", "text"),
    [({"title": None, "text": "T"}, "T"), ({"text": "T"}, "T"), ({"title": "A", "text": ""}, "A")],
    ids=["title is None", "no title", "no text"],
)
def test_title_and_text_are_joined_whichever_there_is(retriever, document, text):
    assert texts(retriever.load_train({"d": document}, {"q": "Q"}, {"q": {"d": 1}})) == [["Q", text]]
    assert retriever.load_ir_evaluator({"d": document}, {"q": "Q"}, {"q": {"d": 1}}).corpus == [text]


def test_documents_that_the_corpus_lacks_are_told(retriever, caplog):
    examples = retriever.load_train(CORPUS, QUERIES, {"q0": {"d0": 1, "lost": 1}, "q1": {"gone": 1}})
    assert len(examples) == 1
    assert "The corpus lacks 2 relevant documents, such as 'lost'" in caplog.text


def test_training_as_in_beirs_script_of_pairs(retriever, tmp_path):
    train_samples = retriever.load_train(CORPUS, QUERIES, QRELS)
    train_dataloader = retriever.prepare_train(train_samples, shuffle=True)
    train_loss = MultipleNegativesRankingLoss(model=retriever.model)
    ir_evaluator = retriever.load_ir_evaluator(CORPUS, QUERIES, QRELS)
    before = ir_evaluator(retriever.model)["eval_cosine_ndcg@10"]
    retriever.fit(
        train_objectives=[(train_dataloader, train_loss)],
        evaluator=ir_evaluator,
        epochs=10,
        output_path=str(tmp_path / "output"),
        warmup_steps=int(len(train_samples) * 10 / retriever.batch_size * 0.1),
        evaluation_steps=5000,
        optimizer_params={"lr": 0.1},
        use_amp=True,
        show_progress_bar=False,
    )
    saved = SentenceTransformer(str(tmp_path / "output"), device="cpu")
    assert ir_evaluator(saved)["eval_cosine_ndcg@10"] > before + 0.1
    with next((tmp_path / "output" / "eval").glob("*.csv")).open() as file:
        assert len([*csv.DictReader(file)]) == 10


def test_training_as_in_beirs_script_of_a_torch_dataset(retriever, collated):
    class Triplets(Dataset):
        def __init__(self):
            self.negatives = {query: [doc for doc in CORPUS if doc not in QRELS[query]] for query in QUERIES}

        def __getitem__(self, item):
            query, document = [*QUERIES][item], [*CORPUS][item]
            negative = self.negatives[query].pop(0)
            self.negatives[query].append(negative)
            return InputExample(texts=[QUERIES[query], CORPUS[document]["text"], CORPUS[negative]["text"]], label=0.5)

        def __len__(self):
            return len(QUERIES)

    train_dataset = Triplets()
    train_dataloader = retriever.prepare_train(train_dataset, shuffle=True, dataset_present=True)
    assert train_dataloader.dataset is train_dataset
    train_loss = MultipleNegativesRankingLoss(model=retriever.model)
    ir_evaluator = retriever.load_dummy_evaluator()
    retriever.fit([(train_dataloader, train_loss)], ir_evaluator, epochs=2, output_path="out", warmup_steps=1)
    assert [len(batch) for batch in collated] == [4, 4, 4, 4]
    assert {*collated[0][0]} >= {"sentence_0", "sentence_1", "sentence_2", "label"}


def test_training_as_in_beirs_script_of_triplets(retriever, collated):
    triplets = [[query, text, f"not {query}"] for query, _, text in FACTS]
    train_samples = retriever.load_train_triplets(triplets=triplets)
    assert texts(train_samples) == triplets
    train_dataloader = retriever.prepare_train_triplets(train_samples)
    train_loss = MultipleNegativesRankingLoss(model=retriever.model)
    retriever.fit([(train_dataloader, train_loss)], retriever.load_dummy_evaluator(), show_progress_bar=False)
    drawn = [[row["sentence_0"], row["sentence_1"], row["sentence_2"]] for batch in collated for row in batch]
    assert drawn
    assert all(row in triplets for row in drawn)
    assert texts(train_samples) == triplets  # in their order, still


def test_batches_of_triplets_hold_no_text_twice(retriever):
    triplets = [(f"query {n}", f"Positive {n // 2}", f"negative {n}") for n in range(12)]
    loader = retriever.prepare_train_triplets(retriever.load_train_triplets(triplets))
    for _ in range(5):
        batches = [*loader]
        assert [len(batch) for batch in batches] == [4, 4, 4]
        assert all(len({text for example in batch for text in example.texts}) == 12 for batch in batches)


def test_fewer_triplets_than_a_batch_are_refused(retriever):
    with pytest.raises(BatchError, match="3 examples cannot fill a batch of 4"):
        retriever.prepare_train_triplets(retriever.load_train_triplets([("a", "b", "c")] * 3))


def test_triplets_too_much_alike_are_told_instead_of_searched_for_ever(retriever):
    examples = retriever.load_train_triplets([(f"query {n}", f"Same {n % 3}", f"negative {n}") for n in range(40)])
    loader = retriever.prepare_train_triplets(examples)
    with pytest.raises(BatchError, match="Every example shares a text with one of the 3 in a batch of 4"):
        next(iter(loader))


@pytest.mark.parametrize("planned", [False, True], ids=["ordinary", "planned"])
def test_dummy_evaluator_keeps_the_latest_model(retriever, tmp_path, planned):
    corpus, queries, qrels = load_dataset("sample", languages=["de", "en"]).beir()
    samples = retriever.load_train(corpus, queries, qrels)[:40]
    loader = retriever.prepare_train(samples, **({"strategy": "x-y"} if planned else {}))
    loss = MultipleNegativesRankingLoss(retriever.model)
    evaluator = retriever.load_dummy_evaluator()
    retriever.fit([(loader, loss)], evaluator, epochs=3, output_path=str(tmp_path / "output"), warmup_steps=0)
    saved = SentenceTransformer(str(tmp_path / "output"), device="cpu")
    assert saved.encode("Berlin") == pytest.approx(retriever.model.encode("Berlin"))


def test_no_example_at_all_is_told(retriever):
    with pytest.raises(DataFormatError, match="no training example"):
        retriever.prepare_train(retriever.load_train(CORPUS, QUERIES, {}))


def test_evaluator_searches_the_corpus_for_the_relevant_documents(retriever):
    evaluator = retriever.load_ir_evaluator(CORPUS, QUERIES, QRELS, name="dev")
    assert evaluator.name == "dev"
    assert evaluator.queries == [query for query, _, _ in FACTS]
    assert evaluator.corpus[3] == "tokyo the capital of japan"
    assert evaluator.relevant_docs == {f"q{number}": {f"d{number}"} for number in range(8)}


def test_smaller_corpus_holds_the_relevant_documents_and_the_same_others(retriever):
    corpus = {f"d{number}": {"title": "", "text": f"text {number}"} for number in range(100)}
    qrels = {"q0": {"d7": 1, "d9": 0, "lost": 1}, "q1": {"d90": 2}}
    chosen = [retriever.load_ir_evaluator(corpus, QUERIES, qrels, max_corpus_size=20).corpus_ids for _ in range(2)]
    assert chosen[0] == chosen[1]
    assert len({*chosen[0]}) == 20
    assert {"d7", "d90"} <= {*chosen[0]} < {*corpus}
    assert len(corpus) == 100
    assert len(retriever.load_ir_evaluator(corpus, QUERIES, qrels, max_corpus_size=1000).corpus_ids) == 100


def test_corpus_smaller_than_the_relevant_documents_is_refused(retriever):
    with pytest.raises(ConfigurationError, match="max_corpus_size is 7, but 8 documents are relevant"):
        retriever.load_ir_evaluator(CORPUS, QUERIES, QRELS, max_corpus_size=7)


def test_evaluation_without_queries_is_refused(retriever):
    with pytest.raises(DataFormatError, match="no query to evaluate on"):
        retriever.load_ir_evaluator(CORPUS, {}, {})


@pytest.fixture
def multilingual(retriever):
    """Every question of the sample in three languages, with its passage in each of them."""
    return retriever.load_train(*load_dataset("sample", languages=["de", "en", "th"]).beir())


def languages(examples, multilingual):
    """The (question, passage) languages of a batch."""
    of = {tuple(example.texts): (example.query_id[:2], example.document_id[:2]) for example in multilingual}
    return {of[tuple(example.texts)] for example in examples}


@pytest.mark.parametrize(
    ("strategy", "options"),
    [("x-x-mono", {}), ("x-y", {}), ("hybrid", {"alpha": 0.5, "seed": 1})],
    ids=["x-x-mono", "x-y", "hybrid"],
)
def test_batches_are_planned_by_the_languages_of_the_ids(retriever, multilingual, strategy, options):
    loader = retriever.prepare_train(multilingual, strategy=strategy, **options)
    assert isinstance(loader, HybridBatchDataLoader)
    assert len(loader) == 74 * 3 // 4  # every question once on average
    drawn = [languages(batch, multilingual) for _ in range(2) for batch in loader]
    mono = [len(pairs) == 1 and len({*next(iter(pairs))}) == 1 for pairs in drawn]
    cross = [all(question != passage for question, passage in pairs) for pairs in drawn]
    assert [any(mono), any(cross)] == [strategy != "x-y", strategy != "x-x-mono"]
    assert all(one != other for one, other in zip(mono, cross, strict=True))


def test_translations_and_shared_documents_never_meet(retriever):
    corpus = {f"{language}:{n}": {"text": f"{language} {n}"} for language in ("de", "en") for n in range(12)}
    queries = {f"{language}:q{n}": f"{language} question {n}" for language in ("de", "en") for n in range(12)}
    qrels = {  # neighbours 0 and 1, 2 and 3, ... have an English document in common, and two documents in it
        query: {f"de:{n}": 1, f"en:{n // 2 * 2}": 1, f"en:{n // 2 * 2 + 1}": 1}
        for query in queries
        for n in [int(query[4:])]
    }
    loader = retriever.prepare_train(retriever.load_train(corpus, queries, qrels), strategy="hybrid")
    for _ in range(5):
        for batch in loader:
            numbers = [int(example.texts[0].split()[-1]) for example in batch]
            assert len({number // 2 for number in numbers}) == 4


def test_queries_of_one_id_are_translations_though_no_document_answers_both(retriever):
    numbers = [(language, n) for language in ("de", "en") for n in range(4)]
    corpus = {f"{language}:d{n}": {"text": f"{language} {n}"} for language, n in numbers}
    queries = {f"{language}:q{n}": f"{language} question {n}" for language, n in numbers}
    qrels = {f"{language}:q{n}": {f"{language}:d{n}": 1} for language, n in numbers}
    loader = retriever.prepare_train(retriever.load_train(corpus, queries, qrels), strategy="x-x-mono")
    labels = {row["anchor"]: row["label"] for row in loader.dataset}
    assert all(labels[f"de question {n}"] == labels[f"en question {n}"] for n in range(4))
    assert len({*labels.values()}) == 4


def test_planned_batches_reach_the_loss(retriever, multilingual, collated, tmp_path):
    retriever.batch_size = 32
    loader = retriever.prepare_train(multilingual, strategy="hybrid", query_prefix="Query: ")
    loss = MultipleNegativesRankingLoss(model=retriever.model)
    retriever.fit([(loader, loss)], epochs=2, warmup_steps=0, output_path=str(tmp_path / "out"), use_amp=True)
    expected = [[tuple(example.texts) for example in batch] for _ in range(2) for batch in loader]
    assert [[(row["anchor"], row["positive"]) for row in batch] for batch in collated] == expected
    assert expected[0][0][0].startswith("Query: ")
    assert (tmp_path / "out" / "modules.json").is_file()


@pytest.mark.parametrize(
    ("query", "document", "identifier"), [("17", "en:3", "17"), ("en:17", "3", "3")], ids=["query", "document"]
)
def test_ids_without_a_language_are_told(retriever, query, document, identifier):
    examples = retriever.load_train({document: {"text": "T"}}, {query: "Q"}, {query: {document: 1}})
    with pytest.raises(DataFormatError, match=f"The id '{identifier}' does not carry its language. Prefix it"):
        retriever.prepare_train(examples, strategy="hybrid")


def test_examples_without_ids_cannot_be_planned(retriever):
    with pytest.raises(DataFormatError, match="The training example 0 has no ids of its query"):
        retriever.prepare_train([InputExample(texts=["Q", "T"])], strategy="hybrid")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"strategy": "hybrid", "shuffle": False}, "shuffle is False with strategy='hybrid'"),
        ({"strategy": "hybrid", "dataset_present": True}, "dataset_present with strategy='hybrid'"),
        ({"alpha": 0.5}, "'alpha' is an option of planned batches"),
        ({"strategy": "hybrid", "beta": 0.5}, "no option 'beta'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_arguments_that_contradict_one_another_are_refused(retriever, multilingual, arguments, problem):
    with pytest.raises(ConfigurationError, match=problem):
        retriever.prepare_train(multilingual, **arguments)


def test_examples_come_in_their_order_if_not_shuffled(retriever):
    samples = retriever.load_train(CORPUS, QUERIES, QRELS)
    loader = retriever.prepare_train(iter(samples), shuffle=False)
    loader.collate_fn = list
    assert [example for batch in loader for example in batch] == samples


@pytest.mark.parametrize(("correct", "told"), [(True, False), (False, True)])
def test_the_old_optimizers_bias_correction_is_told_if_it_was_off(retriever, caplog, correct, told):
    loader = retriever.prepare_train(retriever.load_train(CORPUS, QUERIES, QRELS))
    loss = MultipleNegativesRankingLoss(retriever.model)
    params = {"lr": 2e-5, "eps": 1e-6, "correct_bias": correct}
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        retriever.fit([(loader, loss)], optimizer_params=params, show_progress_bar=False)
    assert ("correct_bias=False has no effect" in caplog.text) == told


def test_scores_of_the_dummy_evaluator_rise(retriever):
    evaluator = retriever.load_dummy_evaluator()
    scores = [evaluator(retriever.model)[evaluator.primary_metric] for _ in range(3)]
    assert all(later > earlier for earlier, later in pairwise(scores))
