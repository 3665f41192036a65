"""What BEIR's own search and evaluation make of a setting is what we make of it."""

import pytest
import torch

from beir_hybrid import evaluate, load_dataset, load_pairs
from beir_hybrid.datasets.beir.export import export_dataset
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.hosts.beir import is_active
from beir_hybrid.training.base_models import static_model

# BEIR leaves files to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CUTOFFS = (1, 3, 5, 10, 100, 1000)  # BEIR's own choice
MEASURES = {"NDCG": "ndcg", "MAP": "map", "Recall": "recall", "P": "precision"}
LANGUAGES = load_dataset("sample").languages


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of 32 untrained numbers for every token, as BEIR loads it from a folder."""
    from beir.retrieval.models import SentenceBERT

    folder = tmp_path_factory.mktemp("model")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        static_model(load_pairs("sample", split="test"), 32).save_pretrained(str(folder))
    return SentenceBERT(str(folder), device="cpu")


@pytest.fixture(scope="module")
def xquad_r(data):
    return load_dataset("xquad-r", source=data)


def beirs(model, folder, split="test"):
    """Run what a script of BEIR's runs, and give its four dicts in one."""
    from beir.datasets.data_loader import GenericDataLoader
    from beir.retrieval.evaluation import EvaluateRetrieval
    from beir.retrieval.search.dense import DenseRetrievalExactSearch

    assert not is_active()  # or it might not be BEIR's own
    corpus, queries, qrels = GenericDataLoader(str(folder)).load(split=split)
    search = DenseRetrievalExactSearch(model, batch_size=256, show_progress_bar=False)
    retriever = EvaluateRetrieval(search, score_function="cos_sim")
    results = retriever.retrieve(corpus, queries)
    parts = retriever.evaluate(qrels, results, retriever.k_values)
    return {name: value for part in parts for name, value in part.items()}


def ours(model, collection, settings):
    """Score all settings from one encoding, and give BEIR's names and digits, and only numbers that could differ."""
    measures = [f"{name}@{k}" for name in MEASURES.values() for k in CUTOFFS]
    found = evaluate(model.doc_model, collection, settings=settings, measures=measures, intervals=False).settings
    assert all(0 < values["ndcg@10"] < 1 and 0 < values["map@100"] < 1 for values in found.values())
    return {
        setting: {f"{beir}@{k}": round(values[f"{name}@{k}"], 5) for beir, name in MEASURES.items() for k in CUTOFFS}
        for setting, values in found.items()
    }


@pytest.fixture(scope="module")
def sample_scores(model):
    """Ours, in every setting of the sample."""
    return ours(model, load_dataset("sample"), None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_of_the_sample_is_scored_as_by_beir(language, model, sample_scores, tmp_path):
    assert len(sample_scores) == 11 + 110 + 11
    expected = {name: scores for name, scores in sample_scores.items() if name.partition("-")[0] == language}
    assert len(expected) == 1 + 10 + 1
    assert {name: beirs(model, export_dataset(f"sample.{name}", tmp_path).path) for name in expected} == expected


@pytest.mark.parametrize("split", ["dev", "train"])
def test_other_splits_of_the_sample_are_scored_as_by_beir(split, model, tmp_path):
    folder = export_dataset("sample.en-de", tmp_path, splits=[split]).path
    assert {"en-de": beirs(model, folder, split)} == ours(model, load_dataset("sample", split=split), ["en-de"])


@pytest.mark.parametrize(
    "name",
    ["en", "ar", "th", "zh", "de-en", "en-th", "hi-zh", "vi-ar", "el-ru", "de-en+th"]
    + [pytest.param(name, marks=pytest.mark.slow) for name in ("en-all", "zh-all")],
)
def test_settings_of_real_data_are_scored_as_by_beir(name, model, xquad_r, tmp_path):
    theirs = beirs(model, BeirFolder(tmp_path / "xquad-r").write(xquad_r, name).path)
    languages = dict.fromkeys(code for code in name.replace("+", "-").split("-") if code != "all")
    chosen = xquad_r if name.endswith("all") else xquad_r.select(languages)
    assert {name: theirs} == ours(model, chosen, [name])
