import numpy as np
import pytest

from beir_hybrid.batching.mixture import PROPORTIONAL, ROUND_ROBIN, Mixture, blocks_of
from beir_hybrid.errors import ConfigurationError

COUNTS = [[3, 1], [1, 1], [7, 5, 2], [1, 1, 1, 1], [40, 1, 3, 9, 9], [90, 31], [5]]


def members(mixture, epoch=0):
    return [mixture.turn(epoch, step).member for step in range(len(mixture))]


@pytest.mark.parametrize("counts", COUNTS)
def test_each_dataset_has_its_share_of_an_epoch_exactly(counts):
    assert np.bincount(members(Mixture(counts, counts))).tolist() == counts


@pytest.mark.parametrize("counts", [counts for counts in COUNTS if len(counts) > 1])
def test_shares_are_kept_within_a_batch_up_to_any_step_and_within_two_over_any_window(counts):
    drawn = np.eye(len(counts))[members(Mixture(counts, counts))]
    had = np.vstack([np.zeros(len(counts)), drawn.cumsum(axis=0)])
    ahead = had - np.arange(len(had))[:, None] * np.array(counts) / sum(counts)
    assert np.abs(ahead).max() < 1
    windows = np.abs(ahead[:, None] - ahead[None, :]).max()
    assert windows < (1 if len(counts) == 2 else 2)


def test_equal_shares_take_turns():
    assert members(Mixture([4, 4, 4], [2, 2, 2])) == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("hold", [1, 3])
def test_passes_over_a_dataset_follow_one_another_over_the_epochs_step_by_step(hold):
    mixture = Mixture([12, 6], [5, 3], hold)
    for member, length in enumerate((12, 6)):
        turns = [mixture.turn(epoch, step) for epoch in range(4) for step in range(len(mixture))]
        places = [(turn.number, turn.step) for turn in turns if turn.member == member]
        assert places == [divmod(number, length) for number in range(len(places))]


def test_held_steps_are_of_one_dataset_and_one_pass():
    mixture = Mixture([10, 7], [3, 2], hold=3)
    for start in range(0, len(mixture), 3):
        turns = [mixture.turn(1, start + place) for place in range(3)]
        assert len({(turn.member, turn.number) for turn in turns}) == 1


def test_a_dataset_shorter_than_a_block_has_several_passes_in_it():
    mixture = Mixture([6, 2], [2, 1], hold=3)
    assert [(turn.number, turn.step) for turn in (mixture.turn(0, step) for step in range(9)) if turn.member == 1] == [
        (0, 0),
        (0, 1),
        (1, 0),
    ]


@pytest.mark.parametrize("step", [-1, 4])
def test_steps_outside_an_epoch_are_refused(step):
    with pytest.raises(IndexError, match=f"Step {step} "):
        Mixture([3, 1], [3, 1]).turn(0, step)


def test_an_epoch_is_one_pass_over_the_leading_datasets():
    assert blocks_of({"a": 30, "b": 1000}, {"a": 1, "b": 0.25}, ["a"]) == [30, 8]
    assert blocks_of({"a": 30, "b": 10, "c": 9}, {"a": 1, "b": 1, "c": 2}, ["a", "b"]) == [20, 20, 40]


def test_the_hosts_ways_take_all_batches_or_equally_many():
    lengths = {"a": 30, "b": 7}
    assert blocks_of(lengths, PROPORTIONAL, ["a"]) == [30, 7]
    assert blocks_of(lengths, ROUND_ROBIN, ["a"]) == [7, 7]
    assert blocks_of(lengths, PROPORTIONAL, ["a"], hold=4) == [7, 1]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"a": 1, "b": 0}, "The share of 'b' is 0"),
        ({"a": -1, "b": 1}, "The share of 'a' is -1"),
        ({"a": float("nan"), "b": 1}, "The share of 'a' is nan"),
        ({"a": float("inf"), "b": 1}, "The share of 'a' is inf"),
        ({"a": True, "b": 1}, "The share of 'a' is True"),
        ({"a": "1", "b": 1}, "The share of 'a' is '1'"),
        ({"a": 1}, "'b' has no share"),
        ({"a": 1, "b": 1, "bb": 1}, "'bb', which is no dataset. Did you mean 'b'?"),
    ],
)
def test_shares_that_are_no_shares_are_refused(shares, message):
    with pytest.raises(ConfigurationError) as raised:
        blocks_of({"a": 3, "b": 3}, shares, ["a"])
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
