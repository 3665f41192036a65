from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from beir_hybrid import ConfigurationError, MultilingualCollection, Passage
from beir_hybrid.evaluation import Embeddings, Judgements, diagnose_vectors, vector_diagnostics

SIZES = {"de": 7, "en": 12, "th": 9}


@pytest.fixture
def drawn():
    """A collection whose questions have answers in some languages, two in one of them, and vectors of any length."""
    rng = np.random.default_rng(3)
    answers = {"1": ["de:0", "en:0", "en:5", "th:8"], "2": ["de:6", "th:1"], "3": ["en:3"]}
    collection = MultilingualCollection(
        name="drawn",
        corpora={code: {f"{code}:{n}": Passage(f"{code} {n}") for n in range(size)} for code, size in SIZES.items()},
        queries={code: {f"{code}:q{n}": "?" for n in answers} for code in ("de", "en")},
        qrels={f"{code}:q{n}": dict.fromkeys(found, 1) for n, found in answers.items() for code in ("de", "en")},
        group_of={f"{code}:q{n}": n for n in answers for code in ("de", "en")},
    )
    passages = {
        code: rng.standard_normal((size, 5)).astype(np.float32) * rng.uniform(0.1, 9, (size, 1)).astype(np.float32)
        for code, size in SIZES.items()
    }
    return collection, answers, passages


def units(passages):
    return {
        f"{code}:{n}": [x / np.sqrt(sum(float(y) ** 2 for y in row)) for x in map(float, row)]
        for code, rows in passages.items()
        for n, row in enumerate(rows)
    }


def squared(first, second):
    return sum((x - y) ** 2 for x, y in zip(first, second, strict=True))


@pytest.fixture(params=[1, 4, 4096])
def found(request, drawn, monkeypatch):
    """The diagnostics, of vectors read in blocks of several sizes."""
    monkeypatch.setattr(vector_diagnostics, "_ROWS", request.param)
    collection, _, passages = drawn
    return diagnose_vectors(Embeddings({}, passages), Judgements(collection))


def test_alignment_is_the_mean_squared_distance_of_answers_in_two_languages(found, drawn):
    _, answers, passages = drawn
    vectors = units(passages)
    for language in SIZES:
        distances = [
            squared(vectors[one], vectors[other])
            for texts in answers.values()
            for one, other in product(texts, texts)
            if one.startswith(language) and not other.startswith(language)
        ]
        assert found.alignment[language] == pytest.approx(np.mean(distances), abs=1e-12)


def test_uniformity_is_the_mean_over_pairs_of_a_languages_passages(found, drawn):
    vectors = units(drawn[2])
    for language in SIZES:
        mine = [vector for name, vector in vectors.items() if name.startswith(language)]
        spread = [np.exp(-2 * squared(*pair)) for pair in combinations(mine, 2)]
        assert found.uniformity[language] == pytest.approx(np.log(np.mean(spread)), abs=1e-12)


def test_the_probe_compares_with_the_means_of_the_other_half(found, drawn):
    vectors = units(drawn[2])
    for language, size in SIZES.items():
        right = 0
        for number in range(size):
            distance = {}
            for other, others in SIZES.items():
                half = [vectors[f"{other}:{n}"] for n in range(others) if n % 2 != number % 2]
                distance[other] = squared(vectors[f"{language}:{number}"], np.mean(half, axis=0))
            right += min(distance, key=distance.get) == language
        assert found.probe[language] == pytest.approx(right / size)


def test_vectors_without_a_language_are_told_by_chance(drawn):
    rng = np.random.default_rng(1)
    collection, *_ = drawn
    many = MultilingualCollection(
        name="many",
        corpora={code: {f"{code}:{n}": Passage("x") for n in range(3000)} for code in ("de", "en", "th")},
        queries=collection.queries,
        qrels={"de:q1": {"de:0": 1}},
        group_of=collection.group_of,
    )
    passages = {code: rng.standard_normal((3000, 6)) for code in ("de", "en", "th")}
    found = diagnose_vectors(Embeddings({}, passages), Judgements(many))
    assert np.mean(list(found.probe.values())) == pytest.approx(1 / 3, abs=0.03)
    assert found.alignment == {}  # no question has answers in two languages
    assert all(-8 <= value <= 0 for value in found.uniformity.values())


def test_sparse_vectors_are_refused(drawn):
    from scipy.sparse import csr_matrix

    collection, _, passages = drawn
    sparse = {code: csr_matrix(np.abs(rows)) for code, rows in passages.items()}
    with pytest.raises(ConfigurationError, match="sparse"):
        diagnose_vectors(Embeddings({}, sparse), Judgements(collection))
