from __future__ import annotations

import json

import numpy as np
import pytest

from beir_hybrid import ConfigurationError, load_dataset, profile_languages
from beir_hybrid.evaluation import Embeddings, FaissSearch, Results


@pytest.fixture(scope="module")
def sample():
    return load_dataset("sample", languages=["de", "en", "hi"])


def embed(collection, own=0.0, dimensions=128):
    """Vectors of questions and answers that are alike in all languages, plus so much of the language."""
    groups = {group: n for n, group in enumerate(dict.fromkeys(collection.group_of.values()))}
    directions = {code: np.eye(dimensions)[-1 - n] for n, code in enumerate(collection.languages)}
    topic = np.random.default_rng(0).standard_normal((len(groups) + 1, dimensions))
    answers = {doc: groups[collection.group_of[q]] for q, docs in collection.qrels.items() for doc in docs}

    def rows(code, topics):
        vectors = topic[topics] / np.linalg.norm(topic[topics], axis=1, keepdims=True) + own * directions[code]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return Embeddings(
        {code: rows(code, [groups[collection.group_of[q]] for q in ids]) for code, ids in collection.queries.items()},
        {code: rows(code, [answers.get(doc, -1) for doc in ids]) for code, ids in collection.corpora.items()},
    )


def test_vectors_without_a_language_prefer_none(sample):
    profile = profile_languages(embed(sample), sample, intervals=False).profile
    assert profile["first"] == pytest.approx(profile["evenly"], abs=0.02)  # all answers are level
    assert profile["own"] == profile["other"] == 1
    assert set(profile["finds"].values()) == {1.0}
    assert max(profile["alignment"].values()) == pytest.approx(0, abs=1e-9)


def test_vectors_of_the_language_prefer_it(sample):
    profile = profile_languages(embed(sample, own=3.0), sample, intervals=False).profile
    assert (profile["first"], profile["evenly"]) == (1, pytest.approx(1 / 3))
    assert profile["own_share"] > 2 * profile["pool_share"]
    assert profile["other"] < profile["own"]
    assert set(profile["probe"].values()) == {1.0}


def test_a_profile_is_kept_as_it_is(sample, tmp_path):
    results = profile_languages(embed(sample, own=1.0), sample, model_name="mine", intervals=False)
    results.save(tmp_path)
    assert Results.load(tmp_path, values=True).profile == json.loads(json.dumps(results.profile)) == results.profile
    assert set(results.settings) == {"de-all", "en-all", "hi-all"}


def test_an_index_is_not_debiased_and_says_so(sample):
    profile = profile_languages(embed(sample, own=1.0), sample, search=FaissSearch("Flat", 10), intervals=False).profile
    assert profile["debiased"] == []
    assert "exact search" in profile["notes"][0]


def test_without_a_pool_there_is_no_profile(sample):
    with pytest.raises(ConfigurationError, match="pool of all languages"):
        profile_languages(embed(sample), sample, settings=["mono"])
