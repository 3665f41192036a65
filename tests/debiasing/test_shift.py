import numpy as np
import pytest

from beir_hybrid.debiasing import FitTexts, build_debiasings, statistics_of
from beir_hybrid.debiasing.debias import gather_statistics
from beir_hybrid.errors import ConfigurationError, LanguageError


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("strength", [0.1, 0.6, 1])
def test_passages_equal_direct_numpy(parallel, strength):
    [shift] = build_debiasings(f"shift:{strength}")
    removal = shift.fit(statistics_of(parallel), normalise=False)
    for code, vectors in parallel.items():
        away = (vectors - parallel["en"]).mean(axis=0)
        np.testing.assert_allclose(removal.apply(vectors, code), vectors - strength * away, atol=1e-5)
    normalised = shift.fit(statistics_of(parallel)).apply(parallel["de"], "de")
    away = (parallel["de"] - parallel["en"]).mean(axis=0)
    np.testing.assert_allclose(normalised, unit(parallel["de"] - strength * away), atol=1e-6)


def test_queries_and_the_source_stay_as_they_are(parallel):
    [shift] = build_debiasings("shift:source=de")
    removal = shift.fit(statistics_of(parallel), normalise=False)
    np.testing.assert_array_equal(removal.apply(parallel["en"], "en", "query"), parallel["en"].astype(np.float32))
    np.testing.assert_array_equal(removal.apply(parallel["de"], "de"), parallel["de"].astype(np.float32))
    assert not np.allclose(removal.apply(parallel["en"], "en"), parallel["en"])


@pytest.mark.parametrize("source", ["dee", ""])
def test_source_without_texts_is_refused(parallel, source):
    [shift] = build_debiasings("shift", source=source)
    problem = f"no texts in the source language '{source}'.*Known: de, en, es. Write such as shift:source=de"
    with pytest.raises(LanguageError, match=problem):
        shift.fit(statistics_of(parallel))


def test_source_without_texts_is_refused_before_anything_is_encoded(base, monkeypatch):
    monkeypatch.setattr(type(base), "encode", lambda *given, **options: pytest.fail("encoded"))
    texts = FitTexts.load("sample", languages=["de", "es"])
    with pytest.raises(LanguageError, match="no texts in the source language 'en'"):
        gather_statistics(base, texts, build_debiasings("shift"))


def test_texts_in_the_source_alone_are_refused(parallel):
    with pytest.raises(ConfigurationError, match="All texts are in the source language 'en'"):
        build_debiasings("shift")[0].fit(statistics_of({"en": parallel["en"]}))
