"""The contract of commands finds what is broken, says what to fix, and blames nothing else."""

import pytest

HELP = "test_help_says_what_it_does"
UNKNOWN = "test_unknown_option_is_refused"
RUNS = "test_it_runs"
REFUSED = "test_what_it_cannot_do_is_refused_in_one_line"

CAUGHT = {
    "sound": {},
    "speechless": {HELP: "speechless has no help. Give the function a docstring."},
    "terse": {HELP: "--number of terse has no help. Give the option help=."},
    "swallowing": {UNKNOWN: "swallowing --no-such-option ends with exit code 0, not with exit code 2."},
    "failing": {
        REFUSED: "failing --number -1 ends with ValueError: -1, not with exit code 2. Raise one of beir_hybrid"
    },
    "useless": {RUNS: "ends with exit code 3. Let it end without an error, or correct words."},
    "patient": {REFUSED: "patient --number -1 ends with exit code 0, not with exit code 2."},
    "garrulous": {REFUSED: "is refused with ['Oh dear.', 'Error: The number is -1. Give one from 0 on.']."},
}


@pytest.fixture(scope="module")
def failures(try_plugins):
    return try_plugins("broken_commands", "beir_hybrid.commands", {name: name for name in CAUGHT}, "toy_commands")


@pytest.mark.parametrize("command", CAUGHT)
def test_contract_catches_what_is_broken_and_nothing_else(failures, command):
    found = failures[f"Test{command.capitalize()}"]
    assert found.keys() == CAUGHT[command].keys(), found
    for test, message in CAUGHT[command].items():
        assert message in found[test]


def test_every_broken_command_is_tried(failures):
    assert failures.keys() == {f"Test{name.capitalize()}" for name in CAUGHT}
