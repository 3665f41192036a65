"""Shared fixtures: a small collection, a model that encodes it, and MTEB without a network."""

import os

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may reach a network
os.environ["TOKENIZERS_PARALLELISM"] = "false"

pytest.importorskip("mteb", reason="MTEB is not installed")

LANGUAGES = ["de", "en", "th"]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """Vectors are kept in a folder of the test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def collection():
    from beir_hybrid import load_dataset

    return load_dataset("sample", languages=LANGUAGES)


@pytest.fixture(scope="session")
def task_class():
    from beir_hybrid_mteb import pooled_task

    return pooled_task("sample", languages=LANGUAGES)


@pytest.fixture(scope="session")
def model():
    from beir_hybrid import load_pairs
    from beir_hybrid.training import static_model

    return static_model(load_pairs("sample", languages=LANGUAGES), dimensions=16)


@pytest.fixture(scope="session")
def run():
    """A function that evaluates a model on a task and returns the result."""
    import mteb

    def evaluate(model, task, **options):
        options = {"cache": None, "co2_tracker": False, "show_progress_bar": False, **options}
        [result] = mteb.evaluate(model, [task], **options).task_results
        return result

    return evaluate


@pytest.fixture(scope="session")
def scores(model, task_class, run):
    """Scores by subset, of all subsets."""
    return {each["hf_subset"]: each for each in run(model, task_class()).scores["test"]}
