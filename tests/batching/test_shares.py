"""Shares of kinds, sources, languages and pairs, over 10,000 planned batches, lie in their 99.9 % intervals."""

import functools
import itertools
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats
from torch.utils.data import DataLoader

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampler import HybridBatchSampler
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.pairs.index import ExampleIndex

LANGUAGES = ("de", "en", "es")
BATCHES = 10_000


@functools.cache
def groups_of(*counted):
    """Groups by the languages they have: ("de en", 3) for three groups in German and English."""
    presence = np.concatenate([np.tile([code in codes.split() for code in LANGUAGES], (n, 1)) for codes, n in counted])
    return ExampleIndex.parallel(LANGUAGES, presence)


@functools.cache
def drawn(sources, strategy, sampling=None, batches=BATCHES):
    """The first batches of a plan, 20,000 examples in all."""
    plan = BatchPlan(sources, build_strategy(strategy), 2 * BATCHES // batches, seed=1, sampling=sampling)
    assert len(plan) >= batches
    return [plan.batch(0, step) for step in range(batches)]


def fits(count, share):
    return stats.binomtest(count, BATCHES, share).pvalue > 0.001


def pair_counts(batches):
    """Counts of the examples by language of question and of passage."""
    questions, passages = (
        np.concatenate([getattr(batch, side) for batch in batches]) for side in ("questions", "passages")
    )
    return np.bincount(questions * 3 + passages, minlength=9).reshape(3, 3)


def fit_together(counts, shares):
    expected = np.broadcast_to(np.array(shares) * np.sum(counts), np.shape(counts))
    return stats.chisquare(counts, expected).pvalue > 0.001


@pytest.fixture(scope="module")
def parallel():
    return groups_of(("de en es", 6667))


@pytest.mark.parametrize("alpha", [0, 0.3, 0.5, 1])
def test_kinds_follow_alpha(parallel, alpha):
    kinds = [batch.kind.name for batch in drawn(parallel, f"hybrid(alpha={alpha})")]
    assert set(kinds) <= {"x-x-mono", "x-y"}
    assert fits(kinds.count("x-x-mono"), alpha)


@pytest.mark.parametrize(
    ("sampling", "share"),
    [
        pytest.param({}, 3 / 4, id="temperature-1"),
        pytest.param({"temperature": 2}, math.sqrt(3) / (1 + math.sqrt(3)), id="temperature-2"),
        pytest.param({"temperature": math.inf}, 1 / 2, id="temperature-inf"),
        pytest.param({"weights": (1, 4)}, 1 / 5, id="weights"),
    ],
)
def test_sources_follow_their_weights(sampling, share):
    sources = (groups_of(("de en", 7500)), groups_of(("en es", 2500)))
    batches = drawn(sources, "x-x-mono", Sampling(**sampling))
    assert fits(sum(batch.source == 0 for batch in batches), share)


@pytest.mark.parametrize(
    ("languages", "shares"), [("uniform", [1 / 3, 1 / 3, 1 / 3]), ("size", [0.6, 0.3, 0.1])], ids=["uniform", "size"]
)
def test_languages_of_monolingual_batches(languages, shares):
    # German has 12,000 groups, English 6,000, Spanish 2,000
    index = groups_of(("de en es", 2000), ("de en", 4000), ("de", 6000))
    counts = np.bincount([batch.questions[0] for batch in drawn(index, "x-x-mono", Sampling(languages=languages))])
    assert fit_together(counts, shares)


@pytest.mark.parametrize(
    ("strategy", "cells"),
    [
        ("hybrid(alpha=0)", ~np.eye(3, dtype=bool)),
        ("hybrid(alpha=1)", np.eye(3, dtype=bool)),
        ("single-pair", ~np.eye(3, dtype=bool)),
    ],
    ids=["cross-lingual", "monolingual", "single-pair"],
)
def test_pairs_are_uniform_on_parallel_data(parallel, strategy, cells):
    counts = pair_counts(drawn(parallel, strategy))
    assert counts[~cells].sum() == 0
    # in batches of one pair the two examples are one draw
    assert fit_together(counts[cells] if strategy == "hybrid(alpha=0)" else counts[cells] // 2, 1 / cells.sum())


# where each example draws its pair, 20,000 of them in fewer batches tell as much
@pytest.mark.parametrize(
    ("strategy", "cells"), [("x-x", np.eye(3, dtype=bool)), ("random", np.ones((3, 3), bool))], ids=["x-x", "random"]
)
def test_pairs_of_examples_are_uniform_on_parallel_data(parallel, strategy, cells):
    counts = pair_counts(drawn(parallel, strategy, batches=BATCHES // 5))
    assert counts[~cells].sum() == 0
    assert fit_together(counts[cells], 1 / cells.sum())


# de-en and en-de can be had from all groups, the four pairs with Spanish from the second sort alone
@pytest.mark.parametrize(
    ("groups", "languages", "common", "rare"),
    [
        # 2000 of 8000 groups take one of the two common pairs; the others even this out, see test_streams
        pytest.param((2000, 6000), "uniform", 1 / 6, 1 / 6, id="uniform"),
        # 1000 from the first sort and a sixth of 6000 from the second
        pytest.param((2000, 6000), "size", 2000 / 8000, 1000 / 8000, id="size"),
        # the first sort alone takes 3/8 each, so the second takes none of them and the rare ones share 1/4
        pytest.param((6750, 2250), "uniform", 3 / 8, 1 / 16, id="as-uniform-as-can-be"),
    ],
)
def test_pairs_on_partly_parallel_data(groups, languages, common, rare):
    index = groups_of(("de en", groups[0]), ("de en es", groups[1]))
    counts = pair_counts(drawn(index, "x-y", Sampling(languages=languages), BATCHES // 5))
    found = [counts[0, 1], counts[1, 0], counts[0, 2], counts[1, 2], counts[2, 0], counts[2, 1]]
    assert fit_together(found, [common] * 2 + [rare] * 4)


def test_pairs_outside_the_restriction_are_never_drawn(parallel):
    sampling = Sampling(pairs=(("en", "en"), ("en", "de"), ("de", "es")))
    counts = pair_counts(drawn(parallel, "random", sampling, BATCHES // 5))
    assert counts.sum() == counts[1, 1] + counts[1, 0] + counts[0, 2]
    assert fit_together([counts[1, 1], counts[1, 0], counts[0, 2]], 1 / 3)


def test_held_steps_share_kind_source_and_language(parallel):
    hold = 3
    batches = drawn((parallel, groups_of(("de en es", 3000))), "hybrid", Sampling(hold=hold))
    what = [
        (batch.kind.name, batch.source, int(batch.questions[0]) if batch.kind.name == "x-x-mono" else None)
        for batch in batches
    ]
    runs = [what[start : start + hold] for start in range(0, BATCHES, hold)]
    assert all(len(set(run)) == 1 for run in runs)
    # each run is drawn for itself: its kind with alpha, its source by size
    mono = sum(run[0][0] == "x-x-mono" for run in runs)
    first = sum(run[0][1] == 0 for run in runs)
    assert stats.binomtest(mono, len(runs), 1 / 2).pvalue > 0.001
    assert stats.binomtest(first, len(runs), 6667 / 9667).pvalue > 0.001
    changes = sum(one[0][:2] != other[0][:2] for one, other in itertools.pairwise(runs))
    assert changes > len(runs) / 3


def test_held_steps_hold_different_groups(parallel):
    plan = BatchPlan(parallel, build_strategy("hybrid"), 2, sampling=Sampling(hold=4))
    batches = [plan.batch(0, step) for step in range(400)]
    for start in range(0, 400, 4):
        assert len({group for batch in batches[start : start + 4] for group in batch.groups.tolist()}) > 4


def test_epoch_that_ends_within_a_run_has_its_exact_length():
    plan = BatchPlan(groups_of(("de en es", 7)), build_strategy("hybrid"), 2, sampling=Sampling(hold=4))
    assert len(list(plan.batches(0))) == len(plan) == 10


_PROGRAM = """
import json, sys
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs

def source(name, languages):
    return ParallelPairs.from_pairs(name, [
        Pair(f"{name} {group}", language, f"{language} question {group}", f"{language} passage {group // 2}")
        for group in range(40) for number, language in enumerate(languages) if (group + number) % 5
    ]).index

sampling = Sampling(temperature=2.0, pairs=(("de", "en"), ("en", "es"), ("es", "es"), ("en", "en")), hold=2)
sources = [source("one", ("es", "de", "en")), source("two", ("en", "es"))]
for name in ("hybrid", "x-y", "x-x-mono", "x-x", "random", "single-pair", "schedule", "sequential", "en-en"):
    plan = BatchPlan(sources, build_strategy(name), 4, seed=3, sampling=sampling, epochs=2.0)
    print(json.dumps([name, plan.notices, [batch.rows.tolist() for batch in plan.batches(1)]]))
"""


def test_draws_do_not_depend_on_the_hash_seed():
    outputs = [
        subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "12345")
    ]
    assert len({line for line in outputs[0].splitlines() if json.loads(line)[2]}) == 9
    assert outputs[0] == outputs[1] == outputs[2]


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on a machine with one core
def test_draws_do_not_depend_on_the_number_of_workers(pairs):
    def rows(workers):
        sampler = HybridBatchSampler(pairs.dataset(), 4, seed=5, strategy="hybrid")
        loader = DataLoader(pairs.dataset(), batch_sampler=sampler, num_workers=workers, collate_fn=list)
        batches = []
        for epoch in range(2):
            sampler.set_epoch(epoch)
            batches += loader
        return batches

    alone = rows(0)
    plan = BatchPlan(pairs.index, build_strategy("hybrid"), 4, seed=5)
    planned = [batch for epoch in range(2) for batch in plan.batches(epoch)]
    assert alone == [[pairs.dataset()[row] for row in batch.rows.tolist()] for batch in planned]
    assert rows(2) == alone
