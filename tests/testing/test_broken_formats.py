"""The contract of formats finds what is broken, says what to fix, and blames little else."""

import pytest

IDENTITY, FOREIGN = "test_identity_is_name_and_options", "test_foreign_files_are_not_recognised"
ALONE = "test_sample_is_recognised_by_this_format_alone"
ROWS, BATCHES = "test_sample_has_these_rows", "test_batches_are_what_stores_take"
CHOICE, DAMAGED = "test_choice_of_languages_keeps_their_rows", "test_damaged_files_are_refused_or_read"

CAUGHT = {
    "Sound": {},
    "Misnamed": {
        IDENTITY: "It is registered as 'misnamed' and calls itself 'other'. Use one name.",
        ALONE: "recognizes() says False of the sample.",  # it looks for its other name
        ROWS: "0 rows can be used. The test says 1.",
    },
    "Loose": {IDENTITY: "It is no dataclass. Put @dataclass(frozen=True) on it"},
    "Fragile": dict.fromkeys([FOREIGN, DAMAGED], "recognizes() raises UnicodeDecodeError"),
    "Rowless": {ROWS: "0 rows can be used. The test says 1."},
    "Unknown": {BATCHES: "It yields the columns answer."},
    "Zeros": {BATCHES: "It says that {'nothing': 0} were left out."},
    "Boasting": {BATCHES: "It says to have read 1000000 of 17 bytes. Count each byte once."},
    "Restless": {
        "test_same_content_gives_the_same_batches": "Let them follow from the content alone.",
        CHOICE: "Asked for en alone, it lacks the groups",
    },
    "Crashing": {DAMAGED: "raises UnicodeDecodeError"},
    "Choosy": {CHOICE: "Asked for en alone, it lacks the groups 1."},
}


@pytest.fixture(scope="module")
def failures(try_plugins):
    points = {name.lower(): name for name in CAUGHT}
    return try_plugins("broken_formats", "beir_hybrid.formats", points, brought_by="toy_formats")


@pytest.mark.parametrize("form", CAUGHT)
def test_contract_catches_what_is_broken_and_little_else(failures, form):
    found = failures[f"Test{form}"]
    assert found.keys() == CAUGHT[form].keys(), found
    for test, message in CAUGHT[form].items():
        assert message in found[test]


def test_every_broken_format_is_tried(failures):
    assert failures.keys() == {f"Test{name}" for name in CAUGHT}
