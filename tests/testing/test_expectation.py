import random

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError, LanguageError
from beir_hybrid.testing import DatasetContract, MeasureContract, StrategyContract
from beir_hybrid.testing.expectation import built, expect, expect_refusal, other_randomness

Failed = pytest.fail.Exception


def test_failure_says_what_is_broken_and_how_to_mend_it():
    expect(True, "Nothing.", "Nothing.")
    with pytest.raises(Failed, match=r"^It leaks\. Close it\.$"):
        expect([], "It leaks.", "Close it.")


def refuse(error):
    raise error


def test_refusal_with_the_right_error_and_a_line_is_fine():
    expect_refusal(lambda: refuse(LanguageError("No 'zz'.", "Choose.")), LanguageError, "zz", "Check it.")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: None, "zz is not refused. Check it."),
        (lambda: refuse(ConfigurationError("No.")), "zz raises ConfigurationError: No., not LanguageError. Check it."),
        (lambda: refuse(KeyError("zz")), "zz raises KeyError: 'zz', not LanguageError. Check it."),
        (lambda: refuse(LanguageError("")), "zz is refused with ''. Say why, in a line."),
    ],
    ids=["accepted", "other error of ours", "other error", "no reason"],
)
def test_any_other_refusal_is_none(call, message):
    with pytest.raises(Failed) as caught:
        expect_refusal(call, LanguageError, "zz", "Check it.")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "draw", [random.random, np.random.random, lambda: np.random.seed(1)], ids=["own", "numpy", "seed"]
)
def test_use_of_a_global_generator_is_found_and_undone(draw):
    before = random.getstate(), np.random.get_state()[1].tolist()
    with pytest.raises(Failed, match="global random generator"), other_randomness(3):
        draw()
    with other_randomness(3):
        np.random.default_rng(1).random()
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


@pytest.mark.parametrize("contract", [DatasetContract, MeasureContract, StrategyContract])
def test_contract_without_a_name_says_so(contract):
    with pytest.raises(Failed, match=r"The test has no name\. Set its class attribute"):
        built(lambda: None, contract.name)


def test_thing_that_is_not_registered_is_told_with_the_closest():
    with pytest.raises(Failed, match=r"There is no dataset 'sampel'\. Did you mean 'sample'"):

        class Mistaken(DatasetContract):
            name = "sampel"

        Mistaken().test_registered_dataset_describes_itself()
