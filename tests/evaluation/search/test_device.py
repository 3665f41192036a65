from __future__ import annotations

import logging
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch

from beir_hybrid import evaluate
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.search import device as devices
from beir_hybrid.evaluation.search import device_arithmetic as arithmetic
from beir_hybrid.evaluation.search import device_product
from beir_hybrid.evaluation.search.device import SearchDevice, choose_device
from beir_hybrid.evaluation.search.exact import ExactSearch, exact_search
from beir_hybrid.evaluation.search.ranks import count_ranks, exact_ranks
from beir_hybrid.evaluation.search.scores import pair_scores

PRECISIONS = ["float32", "tf32", "bfloat16", "float64"]
ON_CPU = SearchDevice("cpu", "bfloat16")
SIZES = [(150, 0, 1, 220), (64,), (0, 3)]


def relevant(rng, total, queries, each=4):
    """Draw relevant passages, none for the first query."""
    query = np.repeat(np.arange(1, queries), each)
    return query, rng.integers(0, total, len(query))


def clustered(rng, count, dimensions, spread):
    centre = np.random.default_rng(0).standard_normal(dimensions)
    return (centre + spread * rng.standard_normal((count, dimensions))).astype(np.float32)


CASES = {
    "random": lambda rng, count: rng.standard_normal((count, 100)),
    "many ties": lambda rng, count: rng.integers(-1, 2, (count, 3)) / 2,
    "clustered": lambda rng, count: clustered(rng, count, 60, 0.01),
    "alike": lambda rng, count: clustered(rng, count, 60, 1e-7),
    "wide": lambda rng, count: rng.standard_normal((count, 3000)),
    "cancelling": lambda rng, count: rng.standard_normal((count, 64)) * 10.0 ** rng.integers(-6, 7, (count, 64)),
    "one dimension": lambda rng, count: rng.standard_normal((count, 1)),
    "subnormal scores": lambda rng, count: rng.standard_normal((count, 20)) * 1e-22,
    "subnormal vectors": lambda rng, count: rng.standard_normal((count, 20)) * 1e-40,
    "large": lambda rng, count: rng.standard_normal((count, 20)) * 1e17,
    "overflowing sums": lambda rng, count: rng.choice([-1, 1], (count, 20)) * rng.uniform(3e18, 5e18, (count, 20)),
    "uneven lengths": lambda rng, count: rng.standard_normal((count, 30)) * 10.0 ** rng.integers(-20, 15, (count, 1)),
    "zeros": lambda rng, count: np.zeros((count, 5)),
}


def assert_same(queries, passages, ids, device, depth=7, rows=None):
    """Compare with the search without a device."""

    def named(numbers):
        return [ids[number] for number in numbers]

    query, passage = rows if rows is not None else relevant(np.random.default_rng(1), len(ids), len(queries))
    expected = exact_ranks(queries, passages, query, passage, named)
    ranks = exact_ranks(queries, passages, query, passage, named, device=device)
    for name in ("above", "tied", "tied_above"):
        np.testing.assert_array_equal(getattr(ranks, name), getattr(expected, name), name)
    first = exact_search(queries, passages, depth, named)
    hits = exact_search(queries, passages, depth, named, device=device)
    np.testing.assert_array_equal(hits.passage, first.passage)
    np.testing.assert_array_equal(hits.score, first.score)
    return ranks


def draw(case, sizes, queries=9, seed=0):
    rng = np.random.default_rng(seed)
    vectors = [CASES[case](rng, size).astype(np.float32) for size in (queries, *sizes)]
    return vectors[0], vectors[1:], [f"{number:04}" for number in rng.permutation(sum(sizes))]


@pytest.fixture(params=["whole", "small"])
def pieces(request, monkeypatch):
    """Cut the work as it is, or into blocks of some passages and some queries."""
    if request.param == "small":
        for name, value in {"_BLOCK_NUMBERS": 2**10, "_SCORES": 2**8, "_PAIR_NUMBERS": 64}.items():
            monkeypatch.setattr(device_product, name, value)


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("case", CASES)
def test_results_are_those_of_this_processor_bit_for_bit(case, precision, pieces):
    assert_same(*draw(case, SIZES[0]), SearchDevice("cpu", precision))


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("depth", [1, 3, 500])
def test_results_hold_for_any_sizes_and_depth(sizes, depth, pieces):
    for case in ("random", "many ties"):
        assert_same(*draw(case, sizes), SearchDevice("cpu", "bfloat16"), depth)


@pytest.mark.parametrize("precision", PRECISIONS[:3])
def test_near_misses_are_told_apart(precision, pieces):
    # scores differ by a few units in the last place, if at all
    rng = np.random.default_rng(5)
    passages = np.repeat(rng.standard_normal((1, 385)), 150, axis=0).astype(np.float32)
    passages[np.arange(150), rng.integers(385, size=150)] += (4e-6 * rng.integers(-1, 2, 150)).astype(np.float32)
    queries = rng.standard_normal((6, 385)).astype(np.float32)
    ids = [f"{number:03}" for number in range(150)]
    ranks = assert_same(queries, [passages[:60], passages[60:]], ids, SearchDevice("cpu", precision), 12)
    assert ranks.tied.any()


def test_what_is_as_large_as_numbers_go_is_in_order_too():
    # scores beyond float32's largest number are infinite and level
    queries = np.float32([[2e19, 1e19]])
    passages = [np.float32([[1e19, 3e19], [1.7e19, 0], [3e19, 0], [-3e19, 3e19], [1.8e19, 0]])]
    with np.errstate(over="ignore"):
        hits = exact_search(queries, passages, 4, lambda rows: ["abcde"[row] for row in rows], device=ON_CPU)
    assert hits.passage.tolist() == [[4, 2, 0, 1]]
    assert np.isinf(hits.score[0]).tolist() == [True, True, True, False]


def test_passages_before_and_after_the_part_may_be_relevant():
    queries, passages, ids = draw("many ties", (40, 30))
    query, passage = relevant(np.random.default_rng(1), 70, len(queries))
    whole = exact_ranks(queries, passages, query, passage, lambda rows: [ids[row] for row in rows])
    scores = pair_scores(queries, query, passages, passage)

    def later(rows):
        return [ids[row + 40] for row in rows]

    part = count_ranks(queries, passages[1:], query, passage - 40, scores, later, device=ON_CPU)
    np.testing.assert_array_equal(part.above[:, 0], whole.above[:, 1])


@pytest.mark.parametrize("bits", ["tf32", "bfloat16"])
def test_rounding_is_to_the_nearest_and_ties_to_even(bits):
    rng = np.random.default_rng(2)
    numbers = rng.standard_normal(5000) * 10.0 ** rng.integers(-45, 38, 5000)
    vectors = torch.from_numpy(np.r_[numbers, 1 + 2.0**-8, 1 + 3 * 2.0**-8, -1 - 2.0**-11, 0].astype(np.float32))
    found = arithmetic.rounded(vectors, bits)
    if bits == "bfloat16":
        assert torch.equal(found, vectors.bfloat16().float())
    assert (
        (found - vectors).abs()
        <= torch.maximum(vectors.abs() * 2.0 ** -(8 if bits == "bfloat16" else 11), torch.tensor(2.0**-127))
    ).all()
    assert torch.equal(arithmetic.rounded(found, bits), found)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("case", CASES)
def test_no_number_is_further_from_the_score_than_its_bound(case, precision):
    queries, passages, _ = draw(case, (200,), seed=3)
    product = SearchDevice("cpu", precision).product(queries)
    exact = queries.astype(np.longdouble) @ passages[0].astype(np.longdouble).T
    seen = []

    def work(block):
        scores, bounds = product._scores(block, precision, np.arange(len(queries)))
        wrong = np.abs(scores.numpy().astype(np.longdouble) - exact)
        seen.append((wrong <= bounds[:, None]) | ~np.isfinite(bounds)[:, None])

    product.over_blocks(passages, work)
    assert np.all(seen)


def test_a_model_whose_vectors_are_alike_is_searched_in_finer_precisions(caplog):
    with caplog.at_level(logging.DEBUG, "beir_hybrid"):
        assert_same(*draw("clustered", SIZES[0]), ON_CPU)
    assert all("% undecided" in each.message for each in caplog.records)
    assert all(each.message.startswith("cpu compared") for each in caplog.records)
    assert any(" in float32: " in each.message for each in caplog.records)


def test_settings_of_this_process_change_nothing_and_stay():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", torch.bfloat16):
            assert_same(*draw("random", SIZES[0]), SearchDevice("cpu", "float32"))
            assert torch.is_autocast_enabled("cpu")
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


def test_where_memory_runs_out_parts_are_halved(monkeypatch):
    limits, sizes = {"passages": 50, "scores": 300}, []
    make, multiply = device_product.DeviceBlock.__init__, device_product.product

    def scarce(block, whole, device, places):
        if len(places) > limits["passages"]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        make(block, whole, device, places)

    def tight(queries, passages):
        if len(queries) * len(passages) > limits["scores"]:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory")
        sizes.append(len(queries))
        return multiply(queries, passages)

    monkeypatch.setattr(device_product.DeviceBlock, "__init__", scarce)
    monkeypatch.setattr(device_product, "product", tight)
    assert_same(*draw("many ties", SIZES[0], 20), ON_CPU)
    assert max(sizes) <= 300
    limits["scores"] = 0
    with pytest.raises(
        ConfigurationError, match=r"The search on cpu failed: .*can't allocate memory. Search on the cpu"
    ):
        exact_search(*draw("random", (40,))[:2], 3, str, device=ON_CPU)


def test_a_device_that_multiplies_too_coarsely_is_refused(monkeypatch):
    def coarse(queries, passages):
        return (queries.bfloat16() @ passages.bfloat16().T).float()

    devices._try_out.cache_clear()
    monkeypatch.setattr(device_product, "product", coarse)
    with pytest.raises(ConfigurationError, match="cpu multiplies coarser than float32 is"):
        choose_device("cpu", "float32", 1)
    devices._try_out.cache_clear()


def test_a_device_that_lacks_float64_finds_the_same(monkeypatch):
    # as on mps: pairs are multiplied again in float32, and more are left to be scored exactly
    start = device_product.DeviceProduct.__init__

    def singles(product, *args):
        start(product, *args)
        product._pair_precision = "float32"
        product._levels = [name for name in product._levels if name != "float64"]

    monkeypatch.setattr(device_product.DeviceProduct, "__init__", singles)
    for case in CASES:
        if case != "overflowing sums":
            assert_same(*draw(case, SIZES[0]), ON_CPU)


def test_small_searches_never_import_torch():
    code = (
        "import numpy as np, sys\n"
        "from beir_hybrid.evaluation.search.device import choose_device\n"
        "print(choose_device(None, 'auto', 1e9), choose_device('cpu', 'auto', 1e15), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "None", "False"]


def test_unknown_devices_and_precisions_are_refused_in_a_line():
    with pytest.raises(ConfigurationError, match=r"no precision 'bf16'\. Did you mean 'bfloat16'"):
        ExactSearch(precision="bf16")
    with pytest.raises(ConfigurationError, match="There is no device 'nowhere'"):
        choose_device("nowhere", "auto", 1)


def test_a_device_can_be_sent_to_workers():
    assert pickle.loads(pickle.dumps(ON_CPU)) == ON_CPU


def test_what_was_searched_on_a_device_says_so(uneven, vectors_of, embeddings_of):
    embeddings = embeddings_of(uneven, vectors_of(uneven))
    plain, found = (evaluate(embeddings, uneven, search=search) for search in (None, ExactSearch("cpu", "tf32")))
    assert found.environment["search_device"] == "cpu (tf32)"
    assert "search_device" not in plain.environment
    assert (found.settings, found.intervals, found.notes) == (plain.settings, plain.intervals, plain.notes)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no cuda device here")
@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("precision", [*PRECISIONS[:3], "auto"])
def test_cuda_finds_what_this_processor_does(precision):
    device = choose_device("cuda", precision, 1)
    for case in CASES:
        assert_same(*draw(case, (1500, 0, 1, 2200), 70), device, 20)
