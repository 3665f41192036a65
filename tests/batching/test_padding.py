import numpy as np
import pytest

from beir_hybrid.batching.padding import slots_per_token
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.pairs.index import ExampleIndex
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs


@pytest.fixture(scope="module")
def index():
    """Questions of one length, and passages of 2 to 257 bytes."""
    rows = [Pair(f"g{n}", code, f"{n:03}?", "x" * (n + 2)) for n in range(256) for code in ("de", "en")]
    return ParallelPairs.from_pairs("long", rows).index


def expected(plan):
    """The same from the numbers of the groups, from which the lengths follow."""
    slots = real = 0
    for batch in plan.batches(0):
        for part in np.split(batch.groups + 2, plan.world_size):
            slots += len(part) * (4 + part.max())
            real += (4 + part).sum()
    return slots / real


@pytest.mark.parametrize("grouped", [False, True], ids=["by-chance", "grouped"])
@pytest.mark.parametrize("world_size", [1, 2])
def test_slots_are_those_of_columns_filled_up_to_their_longest_texts(index, grouped, world_size):
    plan = BatchPlan(index, "x-y", 8, world_size=world_size, sampling=Sampling(group_by_length=grouped))
    assert slots_per_token(plan, len(plan)) == pytest.approx(expected(plan), rel=0.03)  # buckets of 4 %


def test_batches_of_like_lengths_are_padded_less(index):
    grouped, plain = (BatchPlan(index, "x-y", 8, sampling=Sampling(group_by_length=each)) for each in (True, False))
    assert slots_per_token(grouped, 64) < 1.3 < slots_per_token(plain, 64)


def test_nothing_is_known_without_lengths():
    index = ExampleIndex.parallel(("de", "en"), np.ones((12, 2), bool))
    assert slots_per_token(BatchPlan(index, "x-y", 4), 3) is None
