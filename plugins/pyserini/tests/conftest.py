"""Shared fixtures: a small data set, a model with prompts built in memory, and Pyserini with its Java."""

import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may reach a network
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"


@pytest.fixture(scope="session")
def java():
    """The Java that Pyserini gets, with its JVM running."""
    from beir_hybrid.errors import BeirHybridError
    from beir_hybrid_pyserini.java import find, start

    try:
        start()
    except BeirHybridError as error:
        pytest.skip(f"Pyserini cannot be used here: {error}")
    return find()


@pytest.fixture(scope="session")
def data():
    """The folder with the real data, from BEIR_HYBRID_DATA."""
    folder = os.environ.get("BEIR_HYBRID_DATA")
    if not folder:
        pytest.skip("BEIR_HYBRID_DATA does not name a folder with the real data")
    return Path(folder)


@pytest.fixture(scope="session")
def make_model(tmp_path_factory):
    """Build and save a static model of the words of some texts, with prompts that change its vectors."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    def make(texts, dimensions=32, similarity="cosine", seed=0):
        import numpy as np

        words = sorted({word for text in texts for word in text.split()})
        vocabulary = {word: number for number, word in enumerate(dict.fromkeys(["?", "ask", "tell", *words]))}
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        weights = np.random.default_rng(seed).standard_normal((len(vocabulary), dimensions)).astype(np.float32)
        weights[1:3] *= 2
        model = SentenceTransformer(
            modules=[StaticEmbedding(tokenizer, embedding_weights=weights)],
            device="cpu",
            similarity_fn_name=similarity,
            prompts={"query": "ask ", "document": "tell "},
        )
        folder = tmp_path_factory.mktemp("model")
        model.save(str(folder))
        return folder

    return make


@pytest.fixture(scope="session")
def sample():
    """The data set that comes with beir-hybrid."""
    from beir_hybrid.datasets import load_dataset

    return load_dataset("sample")


@pytest.fixture(scope="session")
def model_folder(make_model, sample):
    """A model of the sample's words."""
    return make_model([passage.text for corpus in sample.corpora.values() for passage in corpus.values()])


@pytest.fixture
def model(model_folder):
    """The same, loaded."""
    from beir_hybrid import load_model

    return load_model(model_folder, "cpu")


@pytest.fixture
def pyserini(java, monkeypatch):
    """Run a command of Pyserini's in this process, with the host active, as ``beir-hybrid run -m`` does in its own."""
    from beir_hybrid_pyserini import host

    def run(module, *words):
        monkeypatch.setattr(sys, "argv", [module, *map(str, words)])
        host.activate()
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        finally:
            host.deactivate()

    monkeypatch.setenv("KMP_DUPLICATE_LIB_OK", "True")  # which the command sets for good
    return run


@pytest.fixture
def trec_eval(java, capfd):
    """Measure a run with Pyserini's trec_eval: four digits by measure."""

    def measure(qrels, run):
        from pyserini.eval.trec_eval import trec_eval

        capfd.readouterr()
        trec_eval(["", "-c", "-m", "ndcg_cut.10", "-m", "recall.100", "-m", "map", str(qrels), str(run)])
        lines = [line.split() for line in capfd.readouterr().out.splitlines()]
        names = {"ndcg_cut_10": "ndcg@10", "recall_100": "recall@100", "map": "map"}
        return {names[words[0]]: float(words[2]) for words in lines if words[0] in names}

    return measure


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Run the command line in this process, from an empty folder."""
    from click.testing import CliRunner

    from beir_hybrid.cli.main import main

    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def refused(invoke, tmp_path):
    """Run what must be refused: one line, exit code 2, nothing written but notes in the cache."""

    def snapshot():
        paths = (path for path in tmp_path.rglob("*") if tmp_path / "cache" not in (path, *path.parents))
        return {path: path.read_bytes() if path.is_file() else None for path in paths}

    def refused(*words):
        before = snapshot()
        result = invoke(*words)
        assert isinstance(result.exception, SystemExit), result.exception  # anything else is a traceback
        assert result.exit_code == 2
        lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
        assert len(lines) == 1
        assert result.stderr.rstrip().endswith(lines[0])
        assert snapshot() == before
        return lines[0].removeprefix("Error: ")

    return refused


@pytest.fixture(scope="session")
def vectors():
    """1,200 vectors of 16 dimensions and length 1."""
    found = np.random.default_rng(5).standard_normal((1200, 16)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope="session")
def ids():
    """Ids of these vectors."""
    return [f"en:{number}" for number in range(1200)]
