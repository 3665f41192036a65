import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import beir_hybrid.hosts.beir as host
from beir_hybrid.registry import HOSTS


@pytest.fixture
def active():
    host.activate()
    yield
    host.deactivate()


MENDED = {
    ("DenseRetrievalExactSearch", "search"),
    ("DenseRetrievalExactSearch", "encode"),
    ("DenseRetrievalFaissSearch", "search"),
    ("DenseRetrievalFaissSearch", "_index"),
    ("DenseRetrievalFaissSearch", "encode"),
    ("DenseRetrievalFaissSearch", "search_from_files"),
    ("HNSWSQFaissSearch", "index"),
    ("FaissIndex", "search"),
    ("FaissBinaryIndex", "search"),
    ("FaissFlatSearcher", "search"),
    ("DenseRetrievalParallelExactSearch", "search"),
    ("DenseRetrievalParallelExactSearch", "encode"),
    ("DenseRetrievalParallelExactSearch", "search_from_files"),
    ("SparseSearch", "search"),
    ("SparseSearch", "encode"),
    ("SparseSearch", "search_from_files"),
    ("Rerank", "rerank"),
    ("EvaluateRetrieval", "rerank"),
    ("QueryDocumentBatchTokenizer", "__init__"),
    ("SentenceBERT", "__init__"),
    ("UniCoilEncoder", "__init__"),
    ("NVEmbed", "__init__"),
    *((kind, name) for kind in ("HuggingFace", "NVEmbed") for name in ("query_prefix", "doc_prefix")),
    ("beir.retrieval.models.sparta", "np"),
    ("beir.retrieval.models.unicoil", "np"),
}
"""What may be mended, as far as it is broken."""


def patched_attributes():
    """What BEIR has where this host patches it."""
    from beir import util
    from beir.datasets.data_loader import GenericDataLoader
    from beir.datasets.data_loader_hf import HFDataLoader
    from beir.reranking import rerank
    from beir.reranking.models import mono_t5
    from beir.retrieval.evaluation import EvaluateRetrieval
    from beir.retrieval.models import huggingface, nvembed, sentence_bert, sparta, unicoil
    from beir.retrieval.search.dense import exact_search, exact_search_multi_gpu, faiss_index, faiss_search
    from beir.retrieval.search.sparse import sparse_search

    searches = (exact_search, exact_search_multi_gpu, faiss_index, faiss_search, sparse_search)
    models = (huggingface, nvembed, sentence_bert, sparta, unicoil, mono_t5)
    classes = [
        GenericDataLoader,
        HFDataLoader,
        EvaluateRetrieval,
        *(thing for module in (*searches, *models, rerank) for thing in vars(module).values()),
    ]
    own = [thing for thing in classes if inspect.isclass(thing) and thing.__module__.startswith("beir.")]
    found = {(one.__name__, name): value for one in own for name, value in vars(one).items() if name != "_abc_impl"}
    found |= {(module.__name__, "np"): module.np for module in (sparta, unicoil)}
    return found | {("util", "download_and_unzip"): util.download_and_unzip}


def test_host_is_registered():
    assert HOSTS.get("beir") is host


def test_activation_is_reversible_and_idempotent():
    before = patched_attributes()
    host.activate()
    host.activate()
    assert host.is_active()
    during = patched_attributes()
    changed = {key for key in during if during[key] is not before.get(key)}
    assert {key for key in changed if not key[1].startswith("__abstract")} - MENDED == {
        ("util", "download_and_unzip"),
        ("EvaluateRetrieval", "evaluate"),
        ("EvaluateRetrieval", "evaluate_custom"),
        ("EvaluateRetrieval", "retrieve"),
        ("EvaluateRetrieval", "encode_and_retrieve"),
        ("GenericDataLoader", "load"),
        ("GenericDataLoader", "load_custom"),
        ("GenericDataLoader", "load_corpus"),
        ("HFDataLoader", "__init__"),
        ("HFDataLoader", "load"),
        ("HFDataLoader", "load_corpus"),
    }
    host.deactivate()
    host.deactivate()
    assert not host.is_active()
    after = patched_attributes()
    assert after.keys() == before.keys()
    assert all(after[key] is before[key] for key in before if key[1] != "__abstractmethods__")
    host.activate()
    host.deactivate()


def test_patched_functions_keep_names_and_signatures(active):
    from beir.retrieval.evaluation import EvaluateRetrieval

    parameters = list(inspect.signature(EvaluateRetrieval.evaluate).parameters)
    assert parameters == ["qrels", "results", "k_values", "ignore_identical_ids"]
    assert isinstance(vars(EvaluateRetrieval)["evaluate"], staticmethod)


def test_function_fetched_while_active_is_the_original_afterwards(monkeypatch, tmp_path):
    from beir import util

    host.activate()
    fetched = util.download_and_unzip
    host.deactivate()
    monkeypatch.setattr(util, "download_url", lambda url, path, size: pytest.fail("asked the network"))
    (tmp_path / "sample.zip").touch()
    (tmp_path / "sample").mkdir()
    assert fetched("http://localhost:1/sample.zip", str(tmp_path)) == str(tmp_path / "sample")
    assert not list((tmp_path / "sample").iterdir())


def run(script: str, folder: Path) -> str:
    environment = {**os.environ, "BEIR_HYBRID_CACHE": str(folder / "cache"), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_activation_imports_nothing_of_the_host(tmp_path):
    script = """
import sys
import beir_hybrid.hosts.beir as host
host.activate()
heavy = {"beir", "torch", "transformers", "sentence_transformers", "datasets", "numpy"} & set(sys.modules)
assert not heavy, heavy
"""
    run(script, tmp_path)


BEIR = "https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets"
BEFORE = "from beir import util\nfrom beir.datasets.data_loader import GenericDataLoader\n"
BEFORE += "from beir.retrieval.evaluation import EvaluateRetrieval\n"
ACTIVATE = "import beir_hybrid.hosts.beir\nbeir_hybrid.hosts.beir.activate()\n"


@pytest.mark.parametrize("order", [BEFORE + ACTIVATE, ACTIVATE + BEFORE], ids=["after the import", "before the import"])
def test_script_gets_data_and_bias_whatever_the_order(order, tmp_path):
    script = f"""{order}
path = util.download_and_unzip("{BEIR}/sample.en-all.zip", "datasets")
corpus, queries, qrels = GenericDataLoader(path).load(split="test")
results = {{query: {{document: 1 / place for place, document in enumerate(corpus, 1)}} for query in queries}}
print(EvaluateRetrieval.evaluate(qrels, results, [10])[0])
print(EvaluateRetrieval.evaluate_custom(qrels, results, [10], "rank_distance"))
"""
    out = run(script, tmp_path)
    assert "rank_distance@10" in out
    assert "NDCG@10" in out
    assert (tmp_path / "datasets" / "sample.en-all" / "corpus.jsonl").is_file()
    assert (tmp_path / "beir-hybrid-results" / "sample.en-all" / "results.json").is_file()
