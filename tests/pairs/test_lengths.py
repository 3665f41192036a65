import pickle

import numpy as np
import pyarrow as pa
import pytest
from datasets import Dataset

from beir_hybrid.batching.columns import Columns
from beir_hybrid.batching.rows import index_rows
from beir_hybrid.pairs.lengths import LanguageScale
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.texts import length_buckets

TEXTS = {"de": ("Wie?", "So geht es."), "en": ("How so?", "Thus."), "zh": ("怎么", "就这样做吧")}


@pytest.fixture
def greetings():
    return ParallelPairs.from_pairs(
        "greetings", [Pair(f"g{n}", code, text[0] * n, text[1] * n) for n in (1, 2) for code, text in TEXTS.items()]
    )


def expected(groups, codes, side):
    return length_buckets(
        pa.array([TEXTS[code][side] * (group + 1) for group, code in zip(groups, codes, strict=True)])
    )


def test_lengths_are_those_of_the_texts_of_each_example(greetings):
    index = greetings.index
    groups, questions, passages = index.examples(np.arange(index.size))
    asked, answering = index.buckets(groups, questions, passages)
    assert asked.tolist() == expected(groups, [index.languages[n] for n in questions], 0).tolist()
    assert answering.tolist() == expected(groups, [index.languages[n] for n in passages], 1).tolist()


def test_lengths_of_ones_own_rows_are_those_of_their_first_two_texts(greetings):
    rows = greetings.dataset()
    groups, questions, passages = greetings.index.examples(np.arange(len(rows)))
    shuffled = np.random.default_rng(0).permutation(len(rows))
    own = Dataset.from_dict(
        {
            **{name: [rows[int(row)][name] for row in shuffled] for name in ("anchor", "positive")},
            "group": groups[shuffled],
            "anchor_language": [greetings.languages[n] for n in questions[shuffled]],
            "positive_language": [greetings.languages[n] for n in passages[shuffled]],
        }
    )
    own.set_format(columns=["anchor", "positive"])
    index = index_rows(own, Columns())
    drawn = index.examples(np.arange(index.size))
    texts = own[index.rows(*drawn).tolist()]
    assert index.buckets(*drawn)[0].tolist() == length_buckets(pa.array(texts["anchor"])).tolist()
    assert index.buckets(*drawn)[1].tolist() == length_buckets(pa.array(texts["positive"])).tolist()


def test_lengths_survive_pickling(greetings):
    checksum = greetings.index.lengths.checksum
    assert pickle.loads(pickle.dumps(greetings)).index.lengths.checksum == checksum


def test_lengths_that_are_not_asked_for_are_not_measured(greetings, monkeypatch):
    monkeypatch.setattr(ParallelPairs, "_measure", lambda self: 1 / 0)
    assert greetings.index.checksum
    with pytest.raises(ZeroDivisionError):
        _ = greetings.index.lengths.rows


def test_nulls_and_huge_texts_have_a_bucket():
    assert length_buckets(pa.chunked_array([["a" * 10**6], [None]])).tolist() == [255, 0]


def test_scale_takes_each_languages_mean_and_puts_questions_halfway_towards_passages():
    places = (np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]))
    buckets = (np.array([10, 20, 30, 40], np.uint8), np.array([50, 60, 70, 80], np.uint8))
    scale = LanguageScale.of(places, buckets, 2)
    assert scale.passages.tolist() == [55, 75]
    assert scale.questions.tolist() == [15 + 20, 35 + 20]


def test_language_that_was_not_met_has_the_mean_of_all():
    none = np.zeros(2, np.int64)
    assert LanguageScale.of((none, none), (np.array([4, 6], np.uint8),) * 2, 2).passages.tolist() == [5, 5]
