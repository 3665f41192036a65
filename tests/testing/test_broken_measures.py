"""The contract of measures finds what is broken, says what to fix, and blames little else."""

import pytest

RANGE = "test_values_are_one_per_query_and_in_range"
CUT = "test_run_that_was_cut_off_is_measured_or_refused"
DEPTH = "test_depth_holds_all_it_reads"
BELOW = "test_nothing_below_depth_changes_it"
CUTOFF = "test_nothing_below_cut_off_changes_it"
NUMBERS = "test_numbers_of_passages_and_languages_mean_nothing"
ITSELF = "test_query_is_measured_by_itself"
TIES = "test_ties_fall_as_declared"
SOURCE = "test_it_says_where_it_comes_from"
DIRECTION = "test_direction_is_true"
UP = "test_relevant_passage_moved_up_is_never_worse"

CAUGHT = {
    "Sound": {},
    "Even": {},
    "Misnamed": {"test_identity_is_its_name": "Built from 'misnamed@10', it is called 'misnamed'. Use one name."},
    "Sourceless": {SOURCE: "Its source is ''. Cite it."},
    "Undecided": {SOURCE: "its higher_is_better is 'yes'. It must be True, False or None"},
    "Thawed": {"test_identity_is_its_name": "Thawed is no dataclass. Put @dataclass(frozen=True) on it."},
    "Averaged": {RANGE: "The measure 'averaged@10' of broken 1.0: values() returns a float64 for 3 queries."},
    "Single": {RANGE: "values() returns shape (3,) of float32 for 3 queries. values() must return a float64 array"},
    "Listing": {RANGE: "values() returns a list for 3 queries."},
    "Infinite": {
        CUT: "values() returns inf for 12 of 12 queries. Values must be finite, and NaN where a query has none"
    },
    "Percent": {RANGE: "outside of [0.0, 1.0]. Correct it, or set lowest and highest", CUT: ""},
    "Hopeful": {CUT: "A query for which nothing was retrieved has the value 1.0. Return 0.0, the worst"},
    "Forgiving": {CUT: "A query has no value (NaN)."},
    "Relative": {ITSELF: "Let no sum, mean or normalisation run over the queries.", UP: ""},
    "Numbered": {ITSELF: "Numbering the queries otherwise changes their values."},
    "Superstitious": {NUMBERS: "Numbering the passages otherwise changes values.", UP: ""},
    "Partial": {NUMBERS: "Numbering the languages otherwise changes values. Look languages up"},
    "Noisy": {"test_second_computation_gives_the_same": "global random generator"},
    "Scribbling": {RANGE: "values() writes into the rankings. Work on a copy."},
    "Shallow": {DEPTH: "With depth 2 it fails", RANGE: ""},
    "Peeking": {DEPTH: "Read rankings.top_at(depth), never rankings.top itself."},
    "Uncut": {DEPTH: "rankings kept deeper change its values", BELOW: "and cut translations there, too.", TIES: ""},
    "Endless": {CUTOFF: "Passages that change places below rank 10 change its values."},
    "Averse": {DIRECTION: "higher_is_better is False: correct it, or the values.", UP: ""},
    "Parity": {UP: "Let a better rank never count less."},
    "Tieless": {TIES: "A tie has another value than the order that trec_eval gives it. Read rankings.rank"},
    "Alphabetical": {TIES: "Read rankings.mid_rank; or document that ids break ties"},
    "Reversed": {DIRECTION: "A ranking with languages side by side has the value 0.5, the opposite 1."},
}

LOUD = {
    "Undecided",
    "Averaged",
    "Single",
    "Listing",
    "Infinite",
    "Noisy",
    "Scribbling",
    "Shallow",
}  # what comes of them is wrong in many ways


@pytest.fixture(scope="module")
def failures(try_plugins):
    return try_plugins("broken_measures", "beir_hybrid.measures", {name.lower(): name for name in CAUGHT})


@pytest.mark.parametrize("measure", CAUGHT)
def test_contract_catches_what_is_broken_and_little_else(failures, measure):
    found = failures[f"Test{measure}"]
    assert found.keys() == CAUGHT[measure].keys() or (measure in LOUD and found.keys() > CAUGHT[measure].keys()), found
    for test, message in CAUGHT[measure].items():
        assert message in found[test]


def test_every_broken_measure_is_tried(failures):
    assert failures.keys() == {f"Test{name}" for name in CAUGHT}
