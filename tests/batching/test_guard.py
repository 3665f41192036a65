import numpy as np
import pytest

from beir_hybrid.batching.guard import deal, part
from beir_hybrid.batching.streams import Stream
from beir_hybrid.pairs.index import ExampleIndex, negatives_of


def index(answers, owners=(), negatives=()):
    """One language; ``negatives`` are the answers that are hard negatives of the groups ``owners``."""
    size = len(answers)
    hard = negatives_of(size, np.array(owners), np.array(negatives)) if len(owners) else None
    return ExampleIndex(("de",), np.ones((1, 1, 1), bool), np.zeros(size, np.int64), np.array(answers), negatives=hard)


def stream(size, eligible=None):
    return Stream(0, 0, 0, 0, None if eligible is None else np.array(eligible), size, size)


@pytest.mark.parametrize(
    ("answers", "drawn", "eligible", "exchanged", "repeated"),
    [
        pytest.param([0, 1, 2, 3], [0, 1], None, 0, 0, id="nothing-to-exchange"),
        pytest.param([0, 0, 1, 2], [0, 1, 2], None, 1, 0, id="one-exchanged"),
        pytest.param([0, 0, 0, 1, 2], [0, 1, 2], None, 2, 0, id="two-exchanged"),
        pytest.param([0, 0, 0, 1], [0, 1, 2], None, 1, 1, id="one-exchanged-one-not"),
        pytest.param([0, 0, 0, 0, 1], [0, 1, 2, 3], None, 1, 2, id="one-exchanged-two-not"),
        pytest.param([0, 0, 0, 0, 1, 2], [0, 1, 2, 3], None, 2, 1, id="two-exchanged-one-not"),
        pytest.param([0, 0, 0], [0, 1, 2], None, 0, 2, id="none-to-exchange-for"),
        pytest.param([0, 0, 1, 2], [0, 1, 2], [0, 1, 2], 0, 1, id="others-are-not-eligible"),
    ],
)
def test_counts_are_of_groups_exchanged_and_of_those_that_could_not_be(answers, drawn, eligible, exchanged, repeated):
    size = len(answers if eligible is None else eligible)
    groups, *counts = part(np.array(drawn), stream(size, eligible), index(answers), np.random.default_rng(0))
    assert counts == [exchanged, repeated]
    assert (groups != drawn).sum() == exchanged
    distinct = len({answers[group] for group in groups.tolist()})
    assert len(drawn) - distinct == repeated


def test_stream_smaller_than_a_batch_is_counted_without_answers_too():
    whole = ExampleIndex(("de",), np.ones((1, 1, 1), bool), np.zeros(3, np.int64))
    groups, exchanged, repeated = part(np.array([2, 0, 1, 2, 0]), stream(3), whole, np.random.default_rng(0))
    assert (groups.tolist(), exchanged, repeated) == ([2, 0, 1, 2, 0], 0, 2)


def test_groups_are_exchanged_for_hard_negatives_too():
    # the answer of group 1 is a hard negative of group 0, and that of group 2 one of group 3
    found = index(range(6), owners=[0, 3], negatives=[1, 2])
    groups, exchanged, repeated = part(np.array([0, 1, 2, 3]), stream(6), found, np.random.default_rng(0))
    assert (exchanged, repeated) == (2, 0)
    assert set(groups.tolist()) == {0, 2, 4, 5}


def test_groups_drawn_are_left_as_they_are():
    drawn = np.array([0, 1, 2])
    part(drawn, stream(4), index([0, 0, 1, 2]), np.random.default_rng(0))
    assert drawn.tolist() == [0, 1, 2]


def dealt(answers, batches, size=None):
    groups = np.arange(len(answers) if size is None else size)
    result = deal(groups, batches, stream(len(answers)), index(answers), np.random.default_rng(0))
    return result, np.concatenate([groups, result.others])[result.places]


def test_group_that_may_not_join_its_batch_waits_for_the_next_one():
    result, groups = dealt([0, 0, 1, 2, 3, 4], 3)
    assert groups.tolist() == [[0, 2], [1, 3], [4, 5]]
    assert (result.replaced.tolist(), result.repeated.tolist()) == ([1, 0, 0], [0, 0, 0])


def test_last_group_changes_places_with_one_of_the_nearest_batch_that_it_may_join():
    result, groups = dealt([0, 1, 2, 3, 9, 9], 3)
    assert groups.tolist() == [[0, 1], [2, 5], [4, 3]]
    assert (result.replaced.tolist(), result.repeated.tolist()) == ([0, 0, 1], [0, 0, 0])


def test_random_group_of_the_stream_comes_only_where_no_batch_has_place():
    result, groups = dealt([0, 0, 0, 0, 5, 6, 7], 2, size=4)  # four of one answer, and two batches
    assert len(result.others) == 2
    assert {4, 5, 6}.issuperset(result.others.tolist())
    assert all(len(set(np.array([0, 0, 0, 0, 5, 6, 7])[batch])) == 2 for batch in groups)
    assert result.repeated.tolist() == [0, 0]


def test_answers_are_repeated_and_counted_where_there_are_no_others():
    result, groups = dealt([0, 0, 0, 0], 2)
    assert sorted(groups.ravel().tolist()) == [0, 1, 2, 3]
    assert result.repeated.tolist() == [1, 1]
