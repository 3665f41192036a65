import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.strategies.x_x_mono import XXMono
from beir_hybrid.batching.strategies.x_y import XY
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.pairs.index import ExampleIndex

LANGUAGES = ("de", "en", "es", "zh")
STRATEGIES = [XXMono(), XY(), Hybrid(0.5)]


def full(groups, languages=LANGUAGES, answer=None):
    """Groups that are in every language."""
    return ExampleIndex.parallel(languages, np.ones((groups, len(languages)), bool), answer)


def partly(groups, seed=0):
    """Groups in one to four languages."""
    presence = np.random.default_rng(seed).random((groups, len(LANGUAGES))) < 0.6
    presence[np.arange(groups), np.arange(groups) % len(LANGUAGES)] = True
    return ExampleIndex.parallel(LANGUAGES, presence), presence


def content(batch):
    arrays = (batch.groups, batch.questions, batch.passages, batch.rows)
    return (batch.kind, batch.source, batch.replaced, *(array.tolist() for array in arrays))


@pytest.mark.parametrize(("groups", "size", "steps"), [(10, 4, 10), (11, 4, 11), (10, 7, 5), (10, 10, 4)])
def test_an_epoch_has_one_step_per_full_batch_of_questions(groups, size, steps):
    plan = BatchPlan(full(groups), Hybrid(), size)  # questions are groups * 4
    assert len(plan) == steps
    assert len(list(plan.batches(0))) == steps


def test_questions_of_partly_parallel_groups_are_counted_one_by_one():
    presence = np.array([[1, 1, 0, 0]] * 6 + [[1, 1, 1, 1]] * 6, bool)
    plan = BatchPlan(ExampleIndex.parallel(LANGUAGES, presence), XXMono(), 5)
    assert len(plan) == (6 * 2 + 6 * 4) // 5


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
def test_every_batch_is_full(strategy):
    plan = BatchPlan(full(21), strategy, 8)
    for batch in plan.batches(0):
        assert [len(part) for part in (batch.groups, batch.questions, batch.passages, batch.rows)] == [8] * 4


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
def test_groups_are_unique_in_every_batch(strategy):
    plan = BatchPlan(full(21), strategy, 20)  # nearly all groups, so that chance would repeat one
    for batch in itertools.chain(plan.batches(0), plan.batches(1)):
        assert len(set(batch.groups.tolist())) == 20


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
@pytest.mark.parametrize("size", [10, 20], ids=["half-of-the-answers", "all-answers"])
def test_answers_are_unique_in_every_batch(strategy, size):
    answer = np.arange(40) // 2
    plan = BatchPlan(full(40, answer=answer), strategy, size)
    for batch in plan.batches(0):
        assert len(set(answer[batch.groups].tolist())) == size


def test_replaced_counts_the_groups_that_were_exchanged():
    answer = np.arange(40) // 2
    plan, untouched = BatchPlan(full(40, answer=answer), XXMono(), 10), BatchPlan(full(40), XXMono(), 10)
    for batch, before in zip(plan.batches(0), untouched.batches(0), strict=True):
        assert batch.replaced == 10 - len(set(answer[before.groups].tolist()))
        assert (batch.groups != before.groups).sum() == batch.replaced
    assert sum(batch.replaced for batch in plan.batches(0)) > 0


def test_nothing_is_replaced_where_all_answers_differ():
    assert {batch.replaced for batch in BatchPlan(full(40), Hybrid(), 20).batches(0)} == {0}


def test_exchanged_groups_exist_in_the_language_of_the_batch():
    index, presence = partly(80)
    shared = ExampleIndex(index.languages, index.patterns, index.pattern, np.arange(80) // 2)
    plan = BatchPlan(shared, XXMono(), 20)
    batches = list(plan.batches(0))
    assert sum(batch.replaced for batch in batches) > 0
    for batch in batches:
        assert presence[batch.groups, batch.questions].all()


def test_mono_batches_are_in_one_language():
    for batch in BatchPlan(full(20), XXMono(), 8).batches(0):
        assert len({*batch.questions.tolist(), *batch.passages.tolist()}) == 1


def test_mono_languages_are_drawn_uniformly_whatever_their_size():
    # de has all 2000 groups, the other languages 500 each: a draw by size would give de 4/7
    presence = np.ones((2000, 4), bool)
    presence[500:, 1:] = False
    plan = BatchPlan(ExampleIndex.parallel(LANGUAGES, presence), XXMono(), 1)
    counts = Counter(int(batch.questions[0]) for batch in plan.batches(0))
    low, high = stats.binom.interval(0.999, len(plan), 1 / 4)
    assert len(plan) == 3500
    assert all(low <= counts[language] <= high for language in range(4))


def test_cross_examples_never_hold_one_language_twice():
    for batch in BatchPlan(full(20), XY(), 8).batches(0):
        assert (batch.questions != batch.passages).all()


def test_cross_batches_mix_many_pairs_of_languages():
    plan = BatchPlan(full(200), XY(), 100)
    for batch in plan.batches(0):  # each of 12 pairs is missing with probability (11/12)**100 < 0.0002
        assert len(set(zip(batch.questions.tolist(), batch.passages.tolist(), strict=True))) == 12


def test_cross_pairs_are_drawn_uniformly():
    plan = BatchPlan(full(300), XY(), 100)
    counts = Counter(
        pair
        for batch in plan.batches(0)
        for pair in zip(batch.questions.tolist(), batch.passages.tolist(), strict=True)
    )
    assert sum(counts.values()) == 1200
    assert stats.chisquare([counts[pair] for pair in itertools.permutations(range(4), 2)]).pvalue > 0.001


@pytest.mark.parametrize("alpha", [0, 0.3, 0.5, 1])
def test_alpha_is_the_share_of_monolingual_batches(alpha):
    plan = BatchPlan(full(1000), Hybrid(alpha), 2)
    mono = 0
    for batch in plan.batches(0):
        same = (batch.questions == batch.passages).all()
        assert same == (batch.kind.name == "x-x-mono")
        mono += same
    low, high = stats.binom.interval(0.999, 2000, alpha)  # both ends are 0, or 2000, for alpha 0 and 1
    assert len(plan) == 2000
    assert low <= mono <= high


def test_batch_does_not_depend_on_what_was_drawn_before():
    plan = BatchPlan(full(30), Hybrid(), 8)
    expected = [content(batch) for batch in plan.batches(0)]
    for epoch, step in [(3, 2), (0, 5), (1, 0), (0, 1), (2, 14), (0, 5)]:
        drawn = content(plan.batch(epoch, step))
        if epoch == 0:
            assert drawn == expected[step]


def test_second_plan_draws_the_same():
    one, other = (BatchPlan(full(30, answer=np.arange(30) // 2), Hybrid(), 8, seed=5) for _ in range(2))
    other.batch(7, 3)
    assert [content(batch) for batch in one.batches(2)] == [content(batch) for batch in other.batches(2)]


def test_epoch_can_be_entered_at_any_step():
    plan = BatchPlan(full(30), Hybrid(), 8)
    assert [content(b) for b in plan.batches(1, start=4)] == [content(b) for b in plan.batches(1)][4:]


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_another_process_draws_the_same(hash_seed):
    code = (
        "import json, numpy as np\n"
        "from beir_hybrid.pairs.index import ExampleIndex\n"
        "from beir_hybrid.batching.plan import BatchPlan\n"
        "from beir_hybrid.batching.strategies.hybrid import Hybrid\n"
        "index = ExampleIndex.parallel(('de', 'en', 'es', 'zh'), np.ones((30, 4), bool), np.arange(30) // 2)\n"
        "plan = BatchPlan(index, Hybrid(0.4), 10, seed=9)\n"
        "print(json.dumps([batch.rows.tolist() for batch in plan.batches(2)]))\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    plan = BatchPlan(full(30, answer=np.arange(30) // 2), Hybrid(0.4), 10, seed=9)
    assert json.loads(found.stdout) == [batch.rows.tolist() for batch in plan.batches(2)]


def test_draws_leave_the_global_generator_alone():
    np.random.seed(0)
    expected = np.random.random()
    np.random.seed(0)
    list(BatchPlan(full(30), Hybrid(), 8).batches(0))
    assert np.random.random() == expected


@pytest.mark.parametrize("part", ["groups", "questions"])
def test_epochs_differ(part):
    # with one kind and source, groups come from the order of a pass alone, languages from the draws of each batch
    plan = BatchPlan(full(30), XY(), 8)
    drawn = [[getattr(batch, part).tolist() for batch in plan.batches(epoch)] for epoch in (0, 1, 2)]
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]


@pytest.mark.parametrize("part", ["groups", "questions"])
def test_seeds_differ(part):
    plans = [BatchPlan(full(30), XY(), 8, seed=seed) for seed in (0, 1, 2)]
    drawn = [[getattr(batch, part).tolist() for batch in plan.batches(0)] for plan in plans]
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]


def test_kinds_differ_by_epoch_and_seed():
    kinds = [
        [batch.kind.name for batch in BatchPlan(full(30), Hybrid(), 8, seed=seed).batches(epoch)]
        for seed, epoch in [(0, 0), (0, 1), (1, 0)]
    ]
    assert kinds[0] != kinds[1] != kinds[2] != kinds[0]


def test_no_group_repeats_within_a_pass():
    plan = BatchPlan(full(24), XY(), 4)  # 24 steps: four passes of six batches
    batches = list(plan.batches(0))
    passes = [np.concatenate([batch.groups for batch in batches[start : start + 6]]) for start in range(0, 24, 6)]
    for groups in passes:
        assert sorted(groups.tolist()) == list(range(24))
    assert len({tuple(groups.tolist()) for groups in passes}) == 4  # each in an order of its own


def test_no_group_repeats_within_a_pass_that_does_not_divide_evenly():
    plan = BatchPlan(full(27), XY(), 4)  # 27 steps; a pass is six batches, 24 of the 27 groups
    batches = list(plan.batches(0))
    for start in range(0, 27, 6):
        groups = np.concatenate([batch.groups for batch in batches[start : start + 6]])
        assert len(set(groups.tolist())) == len(groups)


def test_every_language_has_passes_of_its_own():
    plan = BatchPlan(full(20), XXMono(), 5)  # 16 steps, a pass of one language is four batches
    streams = {}
    for batch in plan.batches(0):
        streams.setdefault(int(batch.questions[0]), []).append(batch.groups)
    assert len(streams) == 4
    for drawn in streams.values():
        for start in range(0, len(drawn), 4):
            groups = np.concatenate(drawn[start : start + 4])
            assert len(set(groups.tolist())) == len(groups)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
def test_partly_parallel_groups_only_draw_examples_that_exist(strategy):
    index, presence = partly(100)
    for batch in BatchPlan(index, strategy, 10).batches(0):
        assert presence[batch.groups, batch.questions].all()
        assert presence[batch.groups, batch.passages].all()


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
def test_rows_are_those_of_the_examples(strategy):
    index, _ = partly(100)
    for batch in BatchPlan(index, strategy, 10).batches(0):
        for found, drawn in zip(
            index.examples(batch.rows), (batch.groups, batch.questions, batch.passages), strict=True
        ):
            np.testing.assert_array_equal(found, drawn)


def test_each_process_of_many_has_an_equal_part_without_shared_groups_or_answers():
    answer = np.arange(60) // 2
    plan = BatchPlan(full(60, answer=answer), Hybrid(), 8, world_size=3)
    assert plan.step_size == 24
    assert len(plan) == 60 * 4 // 24
    for batch in plan.batches(0):
        assert len(set(batch.groups.tolist())) == len(set(answer[batch.groups].tolist())) == len(batch.rows) == 24


def test_all_processes_share_the_language_of_a_mono_batch():
    for batch in BatchPlan(full(60), XXMono(), 8, world_size=3).batches(0):
        assert len(set(batch.questions.tolist())) == 1


def test_groups_never_meet_others_whose_passage_is_their_hard_negative():
    # group n has the passages of n + 1 and n + 2 as negatives, in a ring of 40
    size = 40
    negatives = (np.arange(size + 1) * 2, np.stack([(np.arange(size) + 1) % size, (np.arange(size) + 2) % size], 1))
    index = replace(
        ExampleIndex.parallel(("de", "en"), np.ones((size, 2), bool)),
        negatives=(negatives[0], negatives[1].reshape(-1)),
    )
    plan = BatchPlan(index, XXMono(), 8)
    for batch in plan.batches(0):
        present = set(batch.groups.tolist())
        assert len(present) == 8
        assert all(present.isdisjoint(index.refused(group)) for group in present)
    assert sum(batch.replaced for batch in plan.batches(0)) > 0


def test_batch_that_cannot_be_parted_counts_what_repeats():
    # every group is every other's hard negative
    answers = np.array([other for group in range(6) for other in range(6) if other != group])
    index = ExampleIndex.parallel(("de",), np.ones((6, 1), bool))
    plan = BatchPlan(replace(index, negatives=(np.arange(7) * 5, answers)), XXMono(), 3)
    assert plan.batch(0, 0).repeated == 2


def test_rare_answers_are_found_among_many_equal_ones():
    answer = np.zeros(50_000, np.int64)
    answer[-15:] = np.arange(1, 16)
    plan = BatchPlan(ExampleIndex.parallel(("de",), np.ones((50_000, 1), bool), answer), XXMono(), 16)
    assert sorted(answer[plan.batch(0, 0).groups].tolist()) == list(range(16))


def test_strategy_may_be_named():
    index = ExampleIndex.parallel(("de", "en"), np.ones((8, 2), bool))
    assert BatchPlan(index, "x-y", 4).strategy == XY()


def test_seed_below_zero_is_refused():
    with pytest.raises(ConfigurationError, match="seed is -1"):
        BatchPlan(ExampleIndex.parallel(("de",), np.ones((8, 1), bool)), XXMono(), 4, seed=-1)


def test_order_of_the_sources_is_part_of_the_identity():
    one, two = (ExampleIndex.parallel(("de",), np.ones((size, 1), bool), name=str(size)) for size in (8, 12))
    identities = [BatchPlan(sources, XXMono(), 4).identity() for sources in ([one, two], [two, one])]
    assert identities[0] != identities[1]
