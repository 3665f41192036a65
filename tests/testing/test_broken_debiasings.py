"""The contract of methods of debiasing finds what is broken, and says what to fix."""

import pytest

IDENTITY = "test_identity_is_name_and_options"
KNOWN = "test_needs_and_roles_are_known"
SHAPES = "test_what_it_takes_off_is_finite_and_has_the_vectors_shape"

CAUGHT = {
    "Sound": {},
    "Misnamed": {IDENTITY: "It calls itself 'another'. Set name = 'misnamed'"},
    "Needy": {KNOWN: "It needs weather. Choose of moments, translations"},
    "Roleless": {KNOWN: "It changes the vectors of ('title',). Choose of query, document"},
    "Short": {SHAPES: "The offset of de is array([1.]). Return 12 finite numbers"},
    "Skewed": {SHAPES: "Return orthonormal rows"},
    "Random": {"test_same_statistics_take_off_the_same": "Draw nothing"},
    "Idle": {"test_it_changes_vectors": "It changes no vector. Compute offset() or subspace()"},
    "Thawed": {IDENTITY: "Thawed is no dataclass. Put @dataclass(frozen=True) on it."},
}


@pytest.fixture(scope="module")
def failures(try_plugins):
    return try_plugins("broken_debiasings", "beir_hybrid.debiasing", {name.lower(): name for name in CAUGHT})


@pytest.mark.parametrize("method", CAUGHT)
def test_contract_catches_what_is_broken(failures, method):
    caught = failures[f"Test{method}"]
    assert CAUGHT[method].keys() <= caught.keys(), caught
    for test, message in CAUGHT[method].items():
        assert message in caught[test]
    if method == "Sound":
        assert caught == {}
