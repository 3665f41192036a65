"""The contract of strategies finds what is broken, says what to fix, and blames little else."""

import pytest

BATCHES = "test_batches_are_exact_and_of_the_promised_kind"
STEP = "test_step_does_not_depend_on_what_was_drawn_before"
DRAW = "test_draw_gives_a_place_in_kinds_for_every_step"
ALONE = "test_draws_follow_from_generator_and_progress_alone"
ELSEWHERE = "test_other_processes_draw_the_same"
EVERY = "test_every_kind_is_drawn"
ALL = [
    *("test_identity_is_name_and_options", "test_kinds_are_what_plans_take"),
    *(DRAW, EVERY, ALONE, ELSEWHERE, BATCHES, STEP),
]  # of a strategy that cannot even be built

CAUGHT = {
    "Sound": {},
    "Misnamed": dict.fromkeys(ALL, "it calls itself 'sound'. It must have the name it is registered by"),
    "Thawed": {"test_identity_is_name_and_options": "Its option alpha can be set. Put @dataclass(frozen=True) on it."},
    "Twins": dict.fromkeys(ALL, "its kinds are called x-x-mono, x-x-mono."),
    "Loose": dict.fromkeys(ALL, "its kinds are 'x-y'. kinds must be a tuple of BatchKinds"),
    "Barren": {
        "test_kinds_are_what_plans_take": "Return True for the pairs it allows",
        BATCHES: "cannot fill nothing batches",
        STEP: "cannot fill nothing batches",
    },
    "Beyond": dict.fromkeys([DRAW, EVERY], "draw() gives 2, and it has 2 kinds."),
    "Short": dict.fromkeys([DRAW, EVERY, ALONE, ELSEWHERE], "draw() gives shape (100,) of int64 for"),
    "Listing": dict.fromkeys(ALL, "The strategy 'listing' of broken 1.0: draw() gives a list for 8 steps."),
    "Floating": dict.fromkeys(ALL, "draw() gives shape (8,) of float64 for 8 steps."),
    "Failing": dict.fromkeys(ALL, "draw() fails with ValueError: Probabilities contain NaN."),
    "Idle": {EVERY: "x-y is never drawn in 20000 steps. Leave it out of kinds."},
    "Counting": {
        ALONE: "Let draw() follow from rng and progress alone",
        ELSEWHERE: "Another process draws other kinds.",
        STEP: "is another when drawn by itself",
    },
    "Gambling": {
        ALONE: "global random generator",
        ELSEWHERE: "Another process draws other kinds.",
        STEP: "is another when drawn by itself",
    },
    "Hashing": {ELSEWHERE: "use no hash(), set order or time"},
    "Scribbling": dict.fromkeys([DRAW, EVERY, ALONE, ELSEWHERE], "draw() writes into progress. Work on a copy."),
    "Lying": {BATCHES: "Let allowed() agree with same, different and language."},
}


@pytest.fixture(scope="module")
def failures(try_plugins):
    points = {name.lower(): name for name in CAUGHT}
    return try_plugins("broken_strategies", "beir_hybrid.strategies", points, brought_by="toy_strategies")


@pytest.mark.parametrize("strategy", CAUGHT)
def test_contract_catches_what_is_broken_and_little_else(failures, strategy):
    found = failures[f"Test{strategy}"]
    assert found.keys() == CAUGHT[strategy].keys(), found
    for test, message in CAUGHT[strategy].items():
        assert message in found[test]


def test_every_broken_strategy_is_tried(failures):
    assert failures.keys() == {f"Test{name}" for name in CAUGHT}
