import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beir_hybrid.mining.options import ANY, BALANCED, MiningOptions
from beir_hybrid.mining.rules import choose, limits

candidates = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 2), st.floats(-1, 1, width=32)), min_size=0, max_size=60
)


def arrays(rows):
    pair, language, score = (np.array([row[place] for row in rows]) for place in range(3))
    return pair.astype(np.int64), language.astype(np.int64), score.astype(np.float32)


@given(candidates, st.integers(1, 5), st.integers(0, 2), st.sampled_from([0, 6, 10]), st.sampled_from([ANY, BALANCED]))
def test_each_pair_gets_as_many_as_there_are_and_none_twice(rows, wanted, skipped, sample, policy):
    pair, language, score = arrays(rows)
    options = MiningOptions(wanted, policy, skip_top=skipped, sample=sample)
    chosen = choose(pair, language, score, 3, options)
    assert len(set(chosen.tolist())) == len(chosen)
    for number in range(6):
        if policy == ANY:
            left = max(0, int((pair == number).sum()) - skipped)
        else:
            left = sum(max(0, int(((pair == number) & (language == each)).sum()) - skipped) for each in range(3))
        assert int((pair[chosen] == number).sum()) == min(wanted, left)


@given(candidates, st.integers(1, 5), st.integers(0, 2))
def test_without_a_sample_the_hardest_are_taken_in_their_order(rows, wanted, skipped):
    pair, language, score = arrays(rows)
    chosen = choose(pair, language, score, 3, MiningOptions(wanted, ANY, skip_top=skipped))
    for number in range(6):
        expected = sorted(score[pair == number].tolist(), reverse=True)[skipped : skipped + wanted]
        assert score[chosen][pair[chosen] == number].tolist() == expected


@given(candidates, st.integers(1, 9))
def test_balanced_languages_differ_by_one_unless_a_language_runs_out(rows, wanted):
    pair, language, score = arrays(rows)
    chosen = choose(pair, language, score, 3, MiningOptions(wanted, BALANCED))
    for number in range(6):
        there = np.bincount(language[pair == number], minlength=3)
        taken = np.bincount(language[chosen][pair[chosen] == number], minlength=3)
        more = taken[taken < there]  # of languages that had more to give
        assert not len(more) or taken.max() - more.min() <= 1


@given(candidates)
def test_sample_is_drawn_among_the_hardest_and_is_the_same_again(rows):
    pair, language, score = arrays(rows)
    options = MiningOptions(2, ANY, sample=4, seed=3)
    chosen = choose(pair, language, score, 3, options, number=7)
    assert chosen.tolist() == choose(pair, language, score, 3, options, number=7).tolist()
    for number in range(6):
        hardest = sorted(score[pair == number].tolist(), reverse=True)[:4]
        assert all(value >= hardest[-1] for value in score[chosen][pair[chosen] == number].tolist())


def test_fewer_negatives_than_languages_begin_with_another_language_in_each_pair():
    pair, language = np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)
    chosen = choose(pair, language, np.zeros(9, np.float32), 3, MiningOptions(1, BALANCED))
    assert sorted(language[chosen].tolist()) == [0, 1, 2]


@pytest.mark.parametrize("margin", [0.5, 0.95, 1.0])
@given(score=st.floats(-1, 1, width=32))
def test_limit_is_never_above_the_positive(margin, score):
    [limit] = limits(np.array([score], np.float32), margin)
    assert limit <= np.float32(score) + 1e-6


def test_unknown_positive_or_no_margin_sets_no_limit():
    assert limits(np.array([np.nan], np.float32), 0.95)[0] == np.inf
    assert limits(np.array([0.5], np.float32), None)[0] == np.inf
