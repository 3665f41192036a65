"""The contract of losses finds what is broken, says what to fix, and blames little else."""

import pytest

IDENTITY = "test_identity_is_name_and_options"
NEEDS = "test_needs_are_known"
CARRIED = "test_requests_can_be_carried_to_other_processes"
VALUE = "test_value_is_one_number_with_gradients"

CAUGHT = {
    "Sound": {},
    "Scaled": {},
    "Divided": {},
    "Labelled": {},
    "Translated": {},
    "Misnamed": {IDENTITY: "'another'"},
    "Needy": {NEEDS: "It needs weather. Choose of answers, scores, teacher, translations"},
    "Listing": {VALUE: "Return one finite number, or a dict of such"},
    "Plain": {VALUE: "Return one finite number, or a dict of such"},
    "Infinite": {VALUE: "It gives tensor(inf"},
    "Idle": {VALUE: "The model learns nothing from it. Compute it of the model's vectors"},
    "Elsewhere": {VALUE: "The model learns nothing from it."},
    "Thawed": {IDENTITY: "Thawed is no dataclass. Put @dataclass(frozen=True) on it."},
    "Growing": {IDENTITY: "growing(scale=40.0) builds Growing(scale=80.0), not Growing(scale=40.0). Keep its options"},
    "Local": {CARRIED: "It cannot be pickled"},
    "Forgetful": {CARRIED: "Another process gets another loss. Keep its options and nothing else"},
}


@pytest.fixture(scope="module")
def failures(try_plugins):
    names = {name.lower(): name for name in CAUGHT if name != "Scaled"}
    return try_plugins("broken_losses", "beir_hybrid.losses", names)


@pytest.mark.parametrize("loss", CAUGHT)
def test_contract_catches_what_is_broken_and_nothing_else(failures, loss):
    caught = failures[f"Test{loss}"]
    assert caught.keys() == CAUGHT[loss].keys(), caught
    for test, message in CAUGHT[loss].items():
        assert message in caught[test]


def test_every_broken_loss_is_tried(failures):
    assert failures.keys() == {f"Test{name}" for name in CAUGHT}
