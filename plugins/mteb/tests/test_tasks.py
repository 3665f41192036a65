import json
import logging
from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar

import mteb
import numpy as np
import pytest
from mteb.abstasks import AbsTaskRetrieval
from mteb.models import SentenceTransformerEncoderWrapper
from mteb.results import TaskResult
from sentence_transformers import SentenceTransformer

import beir_hybrid_mteb
from beir_hybrid import evaluate, load_pairs
from beir_hybrid.errors import ConfigurationError, LanguageError, UnknownNameError
from beir_hybrid.evaluation import Encoder
from beir_hybrid.training import static_model
from beir_hybrid_mteb import pooled_task
from beir_hybrid_mteb.tasks import MANY_LANGUAGES, registered_tasks

LANGUAGES = ("de", "en", "th")
ROUNDED = 6e-6  # MTEB writes five digits of its own scores


class Stranger:
    """An encoder that MTEB has no wrapper of its own for.

    Args:
        model: What it hands texts to.
        similarity: What it compares vectors by.
    """

    def __init__(self, model, similarity="cosine"):
        self.inner = SentenceTransformerEncoderWrapper(model)
        self.kind = similarity
        self.texts = []
        self.subsets = []

    @property
    def mteb_model_meta(self):
        return self.inner.mteb_model_meta

    def encode(self, inputs, *, hf_subset, **options):
        texts = [text for batch in inputs for text in batch["text"]]
        self.texts += [(options["prompt_type"], text) for text in texts]
        self.subsets.append(hf_subset)
        return self.inner.encode(inputs, hf_subset=hf_subset, **options)

    def similarity(self, first, second):
        if self.kind == "euclidean":
            return -np.linalg.norm(np.asarray(first)[:, None] - np.asarray(second)[None], axis=-1)
        return self.inner.similarity(first, second)

    def similarity_pairwise(self, first, second):
        return self.inner.similarity_pairwise(first, second)


class Reversed:
    """A search model: it finds the last passages of a corpus first."""

    mteb_model_meta = mteb.models.ModelMeta.create_empty()

    def index(self, corpus, **options):
        self.documents = list(corpus["id"])

    def search(self, queries, *, top_k, **options):
        found = dict(zip(self.documents[::-1][:top_k], range(top_k, 0, -1), strict=False))
        return {query: {document: float(score) for document, score in found.items()} for query in queries["id"]}


def test_subsets_are_the_settings_and_name_their_languages(task_class):
    metadata = task_class.metadata
    assert set(metadata.hf_subsets) == {
        *("de", "en", "th", "de-en", "de-th", "en-de", "en-th", "th-de", "th-en", "de-all", "en-all", "th-all")
    }
    assert metadata.eval_langs["th-de"] == ["tha-Thai", "deu-Latn"]
    assert metadata.eval_langs["en-all"] == ["eng-Latn", "deu-Latn", "tha-Thai"]
    assert metadata.main_score == "ndcg_at_10"


def test_scores_are_those_of_this_package(scores, model, collection):
    ours = evaluate(model, collection, measures=["default", "bias", "map@10", "ndcg@10", "recall@100"]).settings
    assert set(scores) == set(ours)
    for subset, expected in ours.items():
        theirs = scores[subset]
        for name in ("ndcg@10", "map@10", "recall@100"):
            assert theirs[name.replace("@", "_at_")] == pytest.approx(expected[name], abs=ROUNDED)
        for name in ("map", "rank_distance", "ndkl@10", "same_language_share@10"):
            assert theirs.get(name.replace("@", "_at_")) == expected.get(name)


def test_measures_of_bias_are_in_pooled_subsets_alone(scores):
    assert {subset for subset, of_subset in scores.items() if "rank_distance" in of_subset} == {
        "de-all",
        "en-all",
        "th-all",
    }


def test_every_text_is_encoded_once_for_all_subsets_with_its_language(model, task_class, collection, run):
    stranger = Stranger(model)
    run(stranger, task_class())
    queries = [text for texts in collection.queries.values() for text in texts.values()]
    passages = [passage.searchable for texts in collection.corpora.values() for passage in texts.values()]
    expected = {*(("query", text) for text in queries), *(("document", text) for text in passages)}
    encoded = [(str(role.value), text) for role, text in stranger.texts]
    assert len(encoded) == len(set(encoded))
    assert set(encoded) == expected
    assert set(stranger.subsets) == {"de", "en", "th"}


def test_second_run_encodes_nothing(model, task_class, monkeypatch, run):
    first = run(model, task_class())
    monkeypatch.setattr(SentenceTransformerEncoderWrapper, "encode", _refuse)
    assert run(model, task_class()).scores == first.scores


def test_models_that_encode_in_a_way_of_their_own_are_not_cached(model, task_class, run):
    class Own(SentenceTransformer):
        asked = 0

        def encode(self, inputs, **options):
            Own.asked += len(inputs)
            return super().encode(inputs, **options)

    own = Own(modules=list(model))
    run(own, task_class())
    once = Own.asked
    run(own, task_class())
    assert Own.asked == 2 * once > 0


def test_model_whose_similarity_is_no_inner_product_is_searched_by_mteb(model, task_class, caplog, run):
    stranger, task = (
        Stranger(model, "euclidean"),
        task_class().filter_languages(None, None, hf_subsets=["en", "en-all"]),
    )
    with caplog.at_level(logging.WARNING, "beir_hybrid_mteb"):
        result = run(stranger, task)
    assert "neither cosine nor dot" in caplog.text
    of_subset = {each["hf_subset"]: each for each in result.scores["test"]}
    assert "map" not in of_subset["en"]
    assert 0 < of_subset["en-all"]["rank_distance_at_100"] <= 100


def test_search_models_are_measured_in_what_they_return(task_class, collection, run):
    task = task_class().filter_languages(None, None, hf_subsets=["en-all"])
    [scores] = run(Reversed(), task).scores["test"]
    assert scores["language_share[th]_at_10"] == 1.0  # the last ten passages of the pool are Thai


def _refuse(*arguments, **options):
    raise AssertionError("a text is encoded")


def test_random_encoder_of_mteb_runs_and_is_no_better_than_chance(task_class, run):
    task = task_class().filter_languages(None, None, hf_subsets=["de", "de-all"])
    of_subset = {
        each["hf_subset"]: each for each in run(mteb.get_model("mteb/baseline-random-encoder"), task).scores["test"]
    }
    assert of_subset["de"]["map"] < 0.2
    assert of_subset["de-all"]["rank_distance"] > 20


def test_cross_encoders_rerank_what_another_model_found(model, run, tmp_path):
    task_class = pooled_task("sample", languages=["de", "en"])
    run(model, task_class(), prediction_folder=tmp_path)
    task = task_class().convert_to_reranking(tmp_path, top_k=5)
    task.filter_languages(None, None, hf_subsets=["de-all"])
    [scores] = run(mteb.get_model("mteb/baseline-random-cross-encoder"), task).scores["test"]
    assert 0 < scores["rank_distance_at_5"] <= 5


def test_result_files_are_read_by_mteb_and_missing_subsets_are_added(model, task_class, tmp_path, run):
    cache = mteb.ResultCache(tmp_path)
    partly = task_class().filter_languages(None, None, hf_subsets=["en", "en-all"])
    run(model, partly, cache=cache)
    whole = run(model, task_class(), cache=cache)
    [file] = tmp_path.rglob(f"{task_class.metadata.name}.json")
    read = TaskResult.from_disk(file)
    assert len(read.scores["test"]) == len(whole.scores["test"]) == 12
    of_pool = next(each for each in json.loads(file.read_text())["scores"]["test"] if each["hf_subset"] == "en-all")
    assert {"rank_distance", "ndkl_at_10", "ndcg_at_10"} <= set(of_pool)


def test_predictions_are_saved_as_mteb_does(model, task_class, tmp_path, run):
    task = task_class().filter_languages(None, None, hf_subsets=["en-all"])
    run(model, task, prediction_folder=tmp_path)
    [file] = tmp_path.glob("*_predictions.json")
    of_queries = json.loads(file.read_text())["en-all"]["test"]
    assert {len(documents) for documents in of_queries.values()} == {100}


def test_subsets_without_relevant_passages_are_left_out_and_told(model, tmp_path, caplog, run):
    rows = [
        ("queries.jsonl", {"_id": f"{code}:q", "text": "who", "metadata": {"language": code}}) for code in ("de", "en")
    ]
    rows += [
        ("corpus.jsonl", {"_id": f"{code}:d", "text": "he", "metadata": {"language": code}}) for code in ("de", "en")
    ]
    for name, row in rows:
        with (tmp_path / name).open("a") as file:
            file.write(json.dumps(row) + "\n")
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nen:q\ten:d\t1\nde:q\tde:d\t1\n")
    task = pooled_task(tmp_path)()
    with caplog.at_level(logging.WARNING, "beir_hybrid_mteb"):
        result = run(model, task)
    assert {each["hf_subset"] for each in result.scores["test"]} == {"de", "en", "de-all", "en-all"}
    assert "de-en, en-de has" in caplog.text or "en-de, de-en has" in caplog.text


def test_grades_count_and_queries_without_an_answer_in_a_subset_are_left_out(model, run, task_class, collection):
    graded = {
        query: {document: 1 + place for place, document in enumerate(judged) if (place + number) % 4}
        for number, (query, judged) in enumerate(collection.qrels.items())
    }
    partly = replace(collection, qrels=graded)
    ours = evaluate(model, partly, measures=["ndcg@10", "map"])
    assert len({each["queries"] for each in ours.settings.values()}) > 1
    task = task_class()
    task.data = SimpleNamespace(load=lambda **options: partly)
    for theirs in run(model, task).scores["test"]:
        expected = ours.settings[theirs["hf_subset"]]
        assert theirs["ndcg_at_10"] == pytest.approx(expected["ndcg@10"], abs=ROUNDED)
        assert theirs["map"] == expected["map"]


def test_a_task_evaluates_each_model_by_its_own_vectors(model, run, task_class):
    other = static_model(load_pairs("sample", languages=["de", "en", "th"]), dimensions=4)
    task = task_class().filter_languages(None, None, hf_subsets=["en-all"])
    task.load_data()  # so that MTEB keeps the task's data between models
    first, second = (run(each, task).scores["test"][0]["map"] for each in (model, other))
    assert first != second
    assert run(model, task).scores["test"][0]["map"] == first


def test_names_that_there_are_not_are_refused():
    with pytest.raises(UnknownNameError, match="sampel"):
        pooled_task("sampel")
    with pytest.raises(LanguageError, match="xx"):
        pooled_task("sample", languages=["en", "xx"])


def test_registered_tasks_are_attributes_and_are_described():
    assert beir_hybrid_mteb.XQuADRPooled is registered_tasks()["XQuADRPooled"]
    with pytest.raises(AttributeError, match="NoSuchPooled"):
        beir_hybrid_mteb.NoSuchPooled  # noqa: B018  # raises an error
    for name, task in registered_tasks().items():
        assert task.metadata.is_filled() or name in ("MLIRMultiEuPPooled", "SamplePooled")  # whose dates nobody says
        task.metadata._validate_metadata()
    assert len(registered_tasks()["XQuADRPooled"].metadata.hf_subsets) == 132


def test_pairs_of_very_many_languages_are_left_out():
    belebele = registered_tasks()["BelebelePooled"].metadata
    assert len(belebele.hf_subsets) == 2 * 122
    assert len(registered_tasks()["XQuADRPooled"].metadata.hf_subsets) == 132
    assert MANY_LANGUAGES >= 14  # those of the largest set of SHIFT and MIMO
    assert len(registered_tasks()["MLIRBelebelePooled"].metadata.hf_subsets) == 14 * 15


def test_datasets_that_lack_settings_have_the_others_as_subsets():
    subsets = {name: task.metadata.hf_subsets for name, task in registered_tasks().items()}
    assert {"sw", "sw-all"} <= set(subsets["MIRACLPooled"])
    assert len(subsets["MIRACLPooled"]) == 2 * 18
    assert "de-en" in subsets["TatoebaPooled"]
    assert all(subset.endswith("-en") for subset in subsets["TatoebaPooled"])
    assert {"en-all", "en-fa"} <= set(subsets["NeuCLIRPooled"])
    assert "fa-en" not in subsets["NeuCLIRPooled"]


def test_only_subsets_without_relevant_passages_are_refused(model, run, tmp_path):
    folder = tmp_path / "tatoeba"
    folder.mkdir()
    for side, text in (("deu", "Wo?"), ("eng", "Where?")):
        (folder / f"tatoeba.deu-eng.{side}").write_text(f"{text}\n")
    task_class = pooled_task("tatoeba", source=tmp_path, languages=["de", "en"])
    assert [each["hf_subset"] for each in run(model, task_class()).scores["to-english"]] == ["de-en"]
    task = task_class()
    task.hf_subsets = ["en-de"]
    with pytest.raises(ConfigurationError, match="Choose of de-en"):
        task.load_data()


def test_tasks_are_retrieval_tasks_to_mteb(task_class):
    task = task_class()
    assert isinstance(task, AbsTaskRetrieval)
    task.load_data()
    split = task.dataset["en-all"]["test"]
    assert len(split["corpus"]) == sum(len(task.dataset[code]["test"]["corpus"]) for code in ("de", "en", "th"))
    statistics = task._calculate_descriptive_statistics_from_split("test", hf_subset="en-de")
    assert statistics["num_queries"] == len(split["queries"])
    task.unload_data()
    assert not task.data_loaded


class TestOneEncoder:
    options: ClassVar = {"batch_size": 8}

    def test_vectors_are_shared_with_evaluate_where_mteb_changes_nothing(self, model, task_class, run, monkeypatch):
        from beir_hybrid.evaluation import EncodingOptions, encode, open_cache

        encode(model, task_class.data.load(**task_class.data_options), EncodingOptions(cache=open_cache()))
        monkeypatch.setattr(type(model), "encode", _refuse)
        assert len(run(model, task_class()).scores["test"]) == 12

    @pytest.mark.parametrize(
        ("prompts", "options"),
        [
            ({f"SamplePooled-{'-'.join(LANGUAGES)}-query": "Of a task: "}, {}),
            ({"Retrieval": "Of a kind of tasks: "}, {}),
            (None, {"normalize_embeddings": True}),
        ],
        ids=["prompt of the task", "prompt of its kind", "option"],
    )
    def test_vectors_of_other_prompts_or_options_are_kept_apart(self, model, task_class, prompts, options):
        from beir_hybrid_mteb.encoder import TaskEncoder

        wrapper = SentenceTransformerEncoderWrapper(model)
        wrapper.model_prompts = prompts
        tasks = task_class, pooled_task("sample", languages=["de", "en"])
        given = {**self.options, **options}
        encoders = [TaskEncoder(wrapper, task.metadata, "test", given, ("de",), "cosine") for task in tasks]
        assert encoders[0].fingerprint not in (encoders[1].fingerprint, Encoder(model).fingerprint)

    def test_vectors_are_those_of_sentence_transformers(self, model, task_class, collection):
        from beir_hybrid.evaluation import encode
        from beir_hybrid_mteb.encoder import TaskEncoder

        wrapper = SentenceTransformerEncoderWrapper(model)
        encoder = TaskEncoder(wrapper, task_class.metadata, "test", self.options, ("de", "en", "th"), "cosine")
        theirs, ours = encode(encoder, collection), encode(Encoder(model), collection)
        for language in ("de", "en", "th"):
            assert np.array_equal(theirs.queries[language], ours.queries[language])
            assert np.array_equal(theirs.passages[language], ours.passages[language])


def test_debiased_model_has_our_scores(model, collection, task_class, run, tmp_path):
    from beir_hybrid import load_model
    from beir_hybrid.debiasing import FitTexts, build_debiasings, debias_model

    [shift] = build_debiasings("shift")
    debias_model(model, FitTexts.load("sample", languages=["de", "en"]), shift, tmp_path / "debiased")
    debiased = load_model(tmp_path / "debiased", "cpu")
    theirs = {each["hf_subset"]: each["map"] for each in run(debiased, task_class()).scores["test"]}
    ours = evaluate(debiased, collection, measures=["map"], intervals=False).settings
    assert theirs == pytest.approx({name: setting["map"] for name, setting in ours.items()})
