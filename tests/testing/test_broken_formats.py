"""The contract of formats finds what is broken, says what to fix, and blames little else."""

import pytest

CAUGHT = {
    "Sound": {},
    "Misnamed": {},
    "Loose": {},
    "Fragile": {},
    "Rowless": {},
    "Unknown": {},
    "Zeros": {},
    "Boasting": {},
    "Restless": {},
    "Crashing": {},
    "Choosy": {},
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
