"""BEIR's models and what imports them: the fault of BEIR as it is, and what becomes of it."""

import importlib.util
import sys
from types import ModuleType

import numpy as np
import pytest

import beir_hybrid.hosts.beir as host
from beir_hybrid.errors import MissingDataError, ModelError

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "capital", "of", "france", "is", "paris", "berlin"]
PASSAGES = [{"title": "", "text": "the capital of france is paris"}, {"title": "berlin", "text": "berlin is berlin"}]


@pytest.fixture
def active():
    host.activate()
    yield
    host.deactivate()


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """Make a folder with a small random BERT, as UniCOIL has it: a weight for each token beside it."""
    import torch
    from beir.retrieval.models.unicoil import UniCoilEncoder
    from transformers import BertConfig, BertTokenizer

    folder = tmp_path_factory.mktemp("bert")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(WORDS), max_position_embeddings=32, initializer_range=0.5, **sizes)
    host.activate()  # or else it cannot be saved
    try:
        UniCoilEncoder(config).save_pretrained(folder)
    finally:
        host.deactivate()
    BertTokenizer(str(folder / "vocab.txt"), model_max_length=32).save_pretrained(folder)
    return str(folder)


def test_stock_unicoil_cannot_load_its_weights(bert):
    from beir.retrieval.models import UniCOIL

    try:
        UniCOIL(bert)
    except AttributeError as error:
        assert "all_tied_weights_keys" in str(error)
    else:
        pytest.skip("these versions have no such fault")


def test_mended_unicoil_weighs_tokens_with_the_weights_that_were_saved(bert, active):
    import torch
    from beir.retrieval.models import UniCOIL
    from safetensors.torch import load_file

    model = UniCOIL(bert)
    saved = load_file(f"{bert}/model.safetensors")
    assert saved.keys() == model.model.state_dict().keys()
    assert all(torch.equal(saved[name], weights) for name, weights in model.model.state_dict().items())
    ids = [2, *(WORDS.index(word) for word in ["the", "capital", "of", "france", "is", "paris"]), 3]
    with torch.no_grad():
        states = model.model.bert(torch.tensor([ids])).last_hidden_state[0]
        weights = torch.relu(states @ saved["tok_proj.weight"][0] + saved["tok_proj.bias"][0])
    passages = model.encode_corpus(PASSAGES).toarray()
    assert passages.shape == (2, len(WORDS))
    assert passages[0, ids] == pytest.approx(weights.tolist(), abs=1e-5)
    assert model.encode_query("the capital of france is paris")[ids] == pytest.approx(weights.tolist(), abs=1e-5)


def test_mended_unicoil_is_searched_with_weighted_queries(bert, active):
    from beir.retrieval.evaluation import EvaluateRetrieval
    from beir.retrieval.models import UniCOIL
    from beir.retrieval.search.sparse import SparseSearch

    model = UniCOIL(bert)
    corpus = {f"d{number}": passage for number, passage in enumerate(PASSAGES)}
    found = EvaluateRetrieval(SparseSearch(model), score_function="dot").retrieve(
        corpus, {"q": "the capital"}, query_weights=True
    )
    expected = model.encode_corpus(PASSAGES) @ model.encode_query("the capital")
    assert found == {"q": pytest.approx(dict(zip(corpus, expected.tolist(), strict=True)))}


@pytest.mark.skipif(hasattr(np, "float"), reason="this version of numpy has the names")
def test_stock_sparta_names_types_that_numpy_has_lost(bert):
    from beir.retrieval.models import SPARTA

    with pytest.raises(AttributeError, match="int"):
        SPARTA(bert, sparse_vector_dim=6).encode_corpus(PASSAGES)


def test_mended_sparta_scores_tokens_by_the_best_match(bert, active):
    import torch
    from beir.retrieval.models import SPARTA

    model = SPARTA(bert, sparse_vector_dim=len(WORDS))
    found = model.encode_corpus(PASSAGES).toarray()
    with torch.no_grad():
        read = model.tokenizer(PASSAGES[0]["text"], return_tensors="pt")
        best = (model.bert_input_embeddings @ model.model(**read).last_hidden_state[0].T).max(dim=1).values
    assert found[:, 0] == pytest.approx(torch.log(torch.relu(best) + 1).tolist(), abs=1e-5)
    assert not hasattr(np, "float")


def test_stock_sentence_bert_refuses_a_batch_size(static_model_folder):
    from beir.retrieval.models import SentenceBERT

    try:
        SentenceBERT((static_model_folder, static_model_folder, " [SEP] "), batch_size=128)
    except TypeError as error:
        assert "batch_size" in str(error)
    else:
        pytest.skip("these versions have no such fault")


def test_mended_sentence_bert_takes_a_batch_size_as_the_example_of_dpr_gives_it(static_model_folder, active):
    from beir.retrieval.models import SentenceBERT

    model = SentenceBERT((static_model_folder, static_model_folder, " [SEP] "), batch_size=128, device="cpu")
    plain = SentenceBERT(static_model_folder, device="cpu")
    assert (model.encode_queries(["paris"]) == plain.encode_queries(["paris"])).all()
    with pytest.raises(TypeError, match="batchsize"):
        SentenceBERT(static_model_folder, batchsize=128)


def test_stock_nv_embed_refuses_the_pooling_of_its_example(bert):
    from beir.retrieval.models import NVEmbed

    try:
        NVEmbed(bert, max_length=8, pooling="mean")
    except TypeError as error:
        assert "pooling" in str(error)
    else:
        pytest.skip("these versions have no such fault")


def test_mended_nv_embed_takes_the_pooling_of_its_example_and_no_prompts(bert, active):
    import torch
    from beir.retrieval.models import NVEmbed

    model = NVEmbed(bert, max_length=8, pooling="mean")
    # as the code that comes with the model's weights has it
    model.model.encode = lambda texts, instruction, max_length: torch.tensor([[float(len(text))] for text in texts])
    assert model.encode_queries(["a", "abc"]).tolist() == [[1.0], [3.0]]
    assert model.encode_corpus(PASSAGES).tolist() == [[30.0], [23.0]]


def test_stock_hugging_face_model_wants_prompts(bert):
    from beir.retrieval.models import HuggingFace

    try:
        HuggingFace(bert).encode_queries(["paris"])
    except AttributeError as error:
        assert "query_prefix" in str(error)
    else:
        pytest.skip("this version of BEIR has no such fault")


def test_mended_hugging_face_model_encodes_without_prompts(bert, active):
    from beir.retrieval.models import HuggingFace

    plain, prompted = HuggingFace(bert), HuggingFace(bert, prompts={"query": "the ", "passage": "the "})
    assert (plain.encode_queries(["the paris"]) == prompted.encode_queries(["paris"])).all()
    assert plain.encode_corpus(PASSAGES).shape == (2, 8)


@pytest.fixture(scope="module")
def static_model_folder(tmp_path_factory):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    module = StaticEmbedding(tokenizer, embedding_weights=np.eye(len(WORDS), dtype=np.float32))
    folder = tmp_path_factory.mktemp("static")
    SentenceTransformer(modules=[module], device="cpu").save(str(folder))
    return str(folder)


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    """Make a folder with a small random T5 whose tokens are words."""
    import torch
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    words = ["<pad>", "</s>", "<unk>", *(f"▁{word}" for word in [*WORDS[5:], "true", "false", "Query:", "Relevant:"])]
    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    folder = tmp_path_factory.mktemp("t5")
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "model_max_length": 64}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2, "decoder_start_token_id": 0}
    T5ForConditionalGeneration(T5Config(vocab_size=len(words), **sizes)).save_pretrained(folder)
    return str(folder)


PAIRS = [("capital of france", "paris"), ("capital of france", "the capital of france is paris"), ("berlin", "berlin")]


def mono_t5(folder):
    from beir.reranking.models import MonoT5

    return MonoT5(folder, token_false="▁false", token_true="▁true", use_amp=False)


def test_stock_mono_t5_calls_a_method_that_tokenizers_have_lost(t5):
    try:
        mono_t5(t5).predict(PAIRS)
    except AttributeError as error:
        assert "batch_encode_plus" in str(error)
    else:
        pytest.skip("these versions have no such fault")


@pytest.mark.parametrize("batch_size", [1, 32])
def test_mended_mono_t5_predicts_what_the_model_does(batch_size, t5, active):
    import torch

    reranker = mono_t5(t5)
    found = reranker.predict(PAIRS, batch_size=batch_size)
    vocabulary = reranker.tokenizer.tokenizer.get_vocab()
    for (query, passage), score in zip(PAIRS, found, strict=True):
        read = reranker.tokenizer.tokenizer(f"Query: {query} Document: {passage} Relevant:", return_tensors="pt")
        with torch.no_grad():
            output = reranker.model(
                input_ids=read["input_ids"],
                attention_mask=read["attention_mask"],
                decoder_input_ids=torch.tensor([[0]]),
            )
        logits = output.logits[0, 0, [vocabulary["▁false"], vocabulary["▁true"]]]
        assert score == pytest.approx(torch.log_softmax(logits, 0)[1].item(), abs=1e-5)


# imports


@pytest.fixture
def fresh(monkeypatch):
    """Import BEIR's modules of a package anew, and forget them afterwards."""

    def forget(package):
        for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
            monkeypatch.delitem(sys.modules, name)
        parent, _, attribute = package.rpartition(".")
        if parent in sys.modules:
            monkeypatch.delattr(sys.modules[parent], attribute, raising=False)

    return forget


APIS = "beir.retrieval.apis"


@pytest.fixture
def fresh_apis(fresh):
    fresh(APIS)


def test_stock_apis_import_a_module_that_is_missing(fresh_apis):
    try:
        importlib.import_module(APIS)
    except ModuleNotFoundError as error:
        assert error.name == f"{APIS}.util"  # where there is none, the fault is gone
    else:
        pytest.skip("this version of BEIR has no such fault")


@pytest.fixture
def clients(monkeypatch):
    """Stand-ins for the two clients, which answer with a text's length; the texts asked for are kept."""
    from types import SimpleNamespace

    asked = []

    class Cohere:
        def __init__(self, key):
            self.key = key

        def embed(self, texts, model, input_type, embedding_types):
            asked.append((input_type, texts))
            return SimpleNamespace(embeddings=SimpleNamespace(float=[[float(len(text)), 1.0] for text in texts]))

    class Voyage:
        def embed(self, texts, model=None, input_type=None, truncation=True, output_dtype=None, output_dimension=None):
            assert output_dtype == "float"
            if "refuse" in texts:
                raise ConnectionError("no route")
            asked.append((input_type, texts))
            return SimpleNamespace(embeddings=[[float(len(text)), 1.0] for text in texts])

    for name, client in {"cohere": ("ClientV2", Cohere), "voyageai": ("Client", Voyage)}.items():
        module = ModuleType(name)
        module.__spec__ = importlib.util.spec_from_loader(name, None)
        setattr(module, *client)
        monkeypatch.setitem(sys.modules, name, module)
    return asked


@pytest.mark.parametrize("name", ["CohereEmbedAPI", "VoyageAPI"])
def test_mended_apis_encode(name, fresh_apis, clients, active):
    model = getattr(importlib.import_module(APIS), name)(model_path="m", api_key="k", prompts={"query": "q: "})
    assert model.encode_queries(["a", "abc"]).tolist() == [[4.0, 1.0], [6.0, 1.0]]
    assert model.encode_corpus(PASSAGES, batch_size=1)[:, 0].tolist() == [30.0, 23.0]
    assert [len(texts) for _, texts in clients] == [2, 1, 1]
    assert "query" in clients[0][0]


def test_stock_voyage_gets_no_vector_and_mended_counts_them(fresh_apis, clients, active, caplog):
    model = importlib.import_module(APIS).VoyageAPI(model_path="m")
    stock = type(model).encode
    while hasattr(stock, "__wrapped__"):
        stock = stock.__wrapped__
    assert len(stock(model, ["a", "refuse", "b"], "query", batch_size=1)) == 2  # and the second is that of the third
    assert "no route" in caplog.text
    with pytest.raises(ModelError, match="VoyageAPI encoded 2 of 3 texts"):
        model.encode_queries(["a", "refuse", "b"], batch_size=1)
    with pytest.raises(ModelError, match="VoyageAPI encoded 0 of 1 texts"):
        model.encode_queries(["refuse"])
    model.vo = model.vo._other
    assert len(stock(model, ["a"], "query")) == 0  # by the option's old name
    assert "output_type" in caplog.text


def test_deactivation_takes_the_missing_module_back(fresh_apis, active):
    importlib.import_module(APIS)
    host.deactivate()
    if importlib.util.find_spec(f"{APIS}.util") is None:
        assert f"{APIS}.util" not in sys.modules


@pytest.fixture
def without_nltk(monkeypatch, fresh):
    for name in [name for name in sys.modules if name.partition(".")[0] == "nltk"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nltk", None)
    monkeypatch.setitem(sys.modules, "nltk.corpus", None)
    fresh("beir.generation")


def test_stock_generation_needs_nltk(without_nltk):
    try:
        importlib.import_module("beir.generation.models")
    except ImportError as error:
        assert "nltk" in str(error)  # as above
    else:
        pytest.skip("this version of BEIR has no such fault")


def test_mended_generation_does_without_nltk_but_for_tilde(without_nltk, active, t5):
    models = importlib.import_module("beir.generation.models")
    generated = models.QGenModel(t5).generate(PASSAGES, ques_per_passage=2, top_k=5, max_length=6)
    assert len(generated) == 4
    with pytest.raises(MissingDataError, match=r"TILDE needs nltk, which is not installed\. Run pip install nltk"):
        models.TILDE("ielab/TILDE")
