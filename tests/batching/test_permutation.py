import numpy as np
import pytest
from scipy import stats

from beir_hybrid.batching.permutation import ROUNDS, permute


def keys(seed):
    return np.random.default_rng(seed).integers(2**63, size=ROUNDS, dtype=np.uint64)


def drawn(size, times, seed=0):
    """Many permutations of one size, one a row."""
    rng = np.random.default_rng(seed)
    return np.array(
        [permute(np.arange(size), size, rng.integers(2**63, size=ROUNDS, dtype=np.uint64)) for _ in range(times)]
    )


@pytest.mark.parametrize(
    "sizes", [range(1, 101), range(101, 201), range(201, 301)], ids=["1-100", "101-200", "201-300"]
)
def test_every_value_occurs_once(sizes):
    for size in sizes:
        np.testing.assert_array_equal(np.sort(permute(np.arange(size), size, keys(size))), np.arange(size))


@pytest.mark.parametrize("size", [1190, 65_536, 99_991, 100_000])
def test_every_value_occurs_once_in_large_domains(size):
    np.testing.assert_array_equal(np.sort(permute(np.arange(size), size, keys(3))), np.arange(size))


def test_other_keys_give_another_permutation():
    assert (permute(np.arange(100), 100, keys(0)) != permute(np.arange(100), 100, keys(1))).sum() > 80


def test_every_key_matters():
    first = keys(0)
    plain = permute(np.arange(1000), 1000, first)
    for place in range(ROUNDS):
        changed = first.copy()
        changed[place] += np.uint64(1)
        assert (permute(np.arange(1000), 1000, changed) != plain).mean() > 0.9


def test_same_keys_give_the_same_permutation():
    np.testing.assert_array_equal(permute(np.arange(100), 100, keys(5)), permute(np.arange(100), 100, keys(5)))


def test_any_positions_read_as_in_the_whole():
    whole = permute(np.arange(257), 257, keys(0))
    places = np.array([256, 3, 3, 0, 100])
    np.testing.assert_array_equal(permute(places, 257, keys(0)), whole[places])


def test_positions_are_left_as_they_were():
    places = np.arange(10)
    permute(places, 10, keys(0))
    np.testing.assert_array_equal(places, np.arange(10))


def test_no_position_gives_no_value():
    assert permute(np.arange(0), 10, keys(0)).tolist() == []


def test_huge_domain_is_read_at_its_ends():
    size = 10**10
    values = permute(np.array([0, 1, size - 1]), size, keys(0))
    assert len(set(values.tolist())) == 3
    assert values.min() >= 0
    assert values.max() < size
    assert (values > size // 1000).all()  # neither end stays at the start of the range


@pytest.mark.parametrize("size", [2, 3, 5, 6, 7, 12])
def test_every_value_is_equally_likely_at_every_position(size):
    times = 2000
    permutations = drawn(size, times)
    counts = np.array([np.bincount(column, minlength=size) for column in permutations.T])
    expected = times / size
    # cells of a random permutation matrix exclude one another along rows and columns: (size - 1)**2 degrees of
    # freedom, and each squared deviation is larger by size / (size - 1) than in independent draws
    statistic = ((counts - expected) ** 2 / expected).sum() * (size - 1) / size
    assert stats.chi2.sf(statistic, (size - 1) ** 2) > 0.001


@pytest.mark.parametrize(
    "size",
    [6, 12, 20, 100, 200],
)
def test_every_distance_is_equally_likely_between_two_positions(size):
    permutations = drawn(size, 4000 if size > 50 else 8000)
    values = [
        stats.chisquare(np.bincount((permutations[:, one] - permutations[:, other]) % size, minlength=size)[1:]).pvalue
        for one in range(min(size, 12))
        for other in range(one)
    ]
    assert min(values) * len(values) > 0.001  # Bonferroni


def test_values_do_not_follow_positions():
    # the rank correlation of position and value has variance 1 / (size - 1) under chance
    size, times = 500, 200
    mean = np.mean([stats.spearmanr(np.arange(size), values).statistic for values in drawn(size, times)])
    assert abs(mean) < 3.29 / np.sqrt((size - 1) * times)
