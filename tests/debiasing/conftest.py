"""Fixtures of the debiasing tests: vectors that lie in a place of their own in each language, and a model of them."""

import numpy as np
import pytest

from beir_hybrid.datasets import load_pairs
from beir_hybrid.training.base_models import static_model

LANGUAGES = ("de", "en", "es")


@pytest.fixture
def parallel():
    """Vectors of fifty texts in three languages, shape (50, 8) each, each language moved in a direction of its own."""
    rng = np.random.default_rng(3)
    meaning, places = rng.normal(size=(50, 8)), rng.normal(size=(3, 8))
    return {
        code: meaning + 2 * place + 0.1 * rng.normal(size=(50, 8))
        for code, place in zip(LANGUAGES, places, strict=True)
    }


@pytest.fixture(scope="session")
def base():
    """An untrained model of German, English and Spanish."""
    import torch

    torch.manual_seed(1)
    return static_model(load_pairs("sample", languages=LANGUAGES), 16)


@pytest.fixture(scope="session")
def base_folder(base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("base") / "model"
    base.save_pretrained(str(folder))
    return folder
