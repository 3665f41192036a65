"""The contract of hosts finds what is broken, says what to fix, and blames little else."""

import pytest

CHANGES = "test_activation_changes_what_is_watched"
SAYS = "test_it_says_whether_it_is_active"
TWICE = "test_second_activation_does_nothing"
LEFT = "test_deactivation_leaves_all_as_it_was"
AGAIN = "test_it_can_be_activated_again"
ORDER = "test_order_of_imports_does_not_matter"
HEAVY = "test_activation_imports_nothing_heavy"
WITHOUT = "test_toolkit_need_not_be_installed"

CAUGHT = {
    "Sound": {},
    "Counted": {SAYS: "activation is not counted", LEFT: ""},
    "Eager": {
        TWICE: "The second activate() changes toy_toolkit:Searcher.search again. Return at once if it is active."
    },
    "Clinging": {LEFT: "toy_toolkit:Searcher.search is not what it was. Keep what you replace", ORDER: ""},
    "Once": {AGAIN: "Forget in deactivate() what activate() noted."},
    "Late": {TWICE: "", ORDER: "Patch in an action of beir_hybrid.hosts.kit.when_imported"},
    "Impatient": {
        HEAVY: "Activation imports toy_toolkit.",
        WITHOUT: "ModuleNotFoundError: No module named 'toy_toolkit'",
    },
    "Lavish": {HEAVY: "Activation imports numpy."},
    "Littering": {LEFT: "sys.path is not what it was."},
    "Useless": {CHANGES: "Activation changes nothing of toy_toolkit, toy_toolkit:Searcher."},
    "Registering": {},
    "Forgetful": {LEFT: "toy_toolkit:ENGINES is not what it was.", ORDER: ""},
    "Quiet": {},
    "Unwatched": {},
    "Clamorous": {LEFT: "os.environ is not what it was."},
    "Sly": {CHANGES: "Activation changes toy_toolkit:Searcher.search, though patches is False. Set patches = True."},
    "Blind": {
        CHANGES: "The test watches nothing. Set its class attribute watched, what the host changes; or patches ="
    },
    "Speechless": {"test_registered_host_has_three_functions": "has no is_active()."},
}
LOUD = {"Blind", "Speechless"}  # what comes of it is wrong in many ways


@pytest.fixture(scope="module")
def failures(try_plugins):
    points = {name.lower(): name.upper() for name in CAUGHT}
    return try_plugins("broken_hosts", "beir_hybrid.hosts", points, brought_by="toy_hosts")


@pytest.mark.parametrize("host", CAUGHT)
def test_contract_catches_what_is_broken_and_little_else(failures, host):
    found = failures[f"Test{host}"]
    assert found.keys() == CAUGHT[host].keys() or (host in LOUD and found.keys() > CAUGHT[host].keys()), found
    for test, message in CAUGHT[host].items():
        assert message in found[test]


def test_every_broken_host_is_tried(failures):
    assert failures.keys() == {f"Test{name}" for name in CAUGHT}
