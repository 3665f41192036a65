import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.mining import MiningPool, PairFilter, filter_pairs
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.storage.pair_building import build_store
from beir_hybrid.texts import fold
from beir_hybrid.training.base_models import static_model

from .test_candidates import answers_of


def kept(filtered, tmp_path):
    store = build_store([filtered.source()], tmp_path / "store")
    rows = [row for batch in store.batches(store.columns) for row in batch.to_pylist()]
    return [(row["group"], row["language"]) for row in rows]


def pool_of(*rows):
    return MiningPool(ParallelPairs.from_pairs("given", rows))


def test_lengths_are_of_characters_of_both_texts(tmp_path):
    pool = pool_of(
        Pair("1", "en", "Who is it?", "It is me."),
        Pair("1", "zh", "是谁?", "是我。"),
        Pair("2", "en", "Who is it now?", "It is you, and nobody else."),
    )
    filtered = filter_pairs(pool, PairFilter(shortest=4, longest=20))
    assert kept(filtered, tmp_path) == [("1", "en")]
    assert filtered.taken == [("length", "en", 2, 1), ("length", "zh", 1, 1)]


def test_duplicates_are_of_question_and_passage_in_their_languages(tmp_path):
    pool = pool_of(
        Pair("1", "en", "Who?", "Me."),
        Pair("2", "en", "WHO? ", "me."),
        Pair("3", "en", "Who?", "You."),
        Pair("1", "de", "Who?", "Me."),
    )
    assert kept(filter_pairs(pool, PairFilter(duplicates=True)), tmp_path) == [("1", "en"), ("3", "en"), ("1", "de")]


def test_margin_is_to_the_hardest_negative_and_pairs_without_scores_stay(tmp_path):
    def pair(group, score, *scores):
        negatives = tuple(f"no {group} {place}" for place, _ in enumerate(scores))
        return Pair(group, "en", f"question {group}", f"passage {group}", negatives, None, score, (), scores)

    pool = pool_of(pair("1", 0.9, 0.2, 0.5), pair("2", 0.9, 0.85, 0.1), pair("3", None, 0.99), pair("4", 0.3))
    assert kept(filter_pairs(pool, PairFilter(margin=0.1)), tmp_path) == [("1", "en"), ("3", "en"), ("4", "en")]


def test_pairs_need_so_many_negatives_that_do_not_answer_the_question(tmp_path):
    given = {"1": ("no", "not"), "2": ("no", "Passage 2"), "3": ()}
    pool = pool_of(*(Pair(key, "en", f"question {key}", f"passage {key}", texts) for key, texts in given.items()))
    assert kept(filter_pairs(pool, PairFilter(negatives=1)), tmp_path) == [("1", "en"), ("2", "en")]
    filtered = filter_pairs(pool, PairFilter(negatives=2))
    assert filtered.taken == [("hard negatives", "en", 3, 2)]
    with pytest.raises(ConfigurationError, match="negatives is -1"):
        PairFilter(negatives=-1)


def test_a_pair_counts_for_the_first_filter_that_takes_it():
    pool = pool_of(Pair("1", "en", "Who?", "Me."), Pair("2", "en", "Who?", "Me."))
    filtered = filter_pairs(pool, PairFilter(shortest=10, duplicates=True))
    assert filtered.taken == [("length", "en", 2, 2)]


@pytest.mark.parametrize("depth", [1, 3, 10])
def test_consistency_is_the_rank_among_passages_of_the_language(answering, depth):
    model = static_model(answering, 8)
    pool = MiningPool(answering)
    filtered = filter_pairs(pool, PairFilter(consistent=depth), Encoder(model))
    rows = answering.table.to_pylist()
    answers = answers_of(rows)
    asked = model.encode_query([row["question"] for row in rows], normalize_embeddings=True).astype(np.float64)
    answering_ = model.encode_document([row["passage"] for row in rows], normalize_embeddings=True).astype(np.float64)
    scores = (asked @ answering_.T).round(6)
    for number, row in enumerate(rows):
        others = {
            fold(other["passage"]): scores[number, place]
            for place, other in enumerate(rows)
            if other["language"] == row["language"] and answers[other["group"]] != answers[row["group"]]
        }
        above = sum(score > scores[number, number] for score in others.values())
        assert (filtered.reason[number] < 0) == (above < depth)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "No filter is given"),
        ({"consistent": 0}, "consistent is 0"),
        ({"shortest": 9, "longest": 3}, "from 9 to 3"),
    ],
)
def test_filters_out_of_range_are_refused(wrong, message):
    with pytest.raises(ConfigurationError, match=message):
        PairFilter(**wrong)


def test_what_filters_lack_is_said():
    pool = pool_of(Pair("1", "en", "Who?", "Me."))
    with pytest.raises(ConfigurationError, match="none is given"):
        filter_pairs(pool, PairFilter(consistent=3))
    with pytest.raises(ConfigurationError, match="no scores"):
        filter_pairs(pool, PairFilter(margin=0.1))
