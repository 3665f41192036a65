import math

import numpy as np
import pytest

from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.errors import ConfigurationError

LANGUAGES = ("de", "en", "es")


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(1, [100, 400, 900]), (2, [10, 20, 30]), (0.5, [100**2, 400**2, 900**2]), (math.inf, [1, 1, 1])],
)
def test_temperature_flattens_the_shares(temperature, expected):
    np.testing.assert_allclose(
        Sampling(temperature=temperature).source_weights([100, 400, 900]), np.array(expected) / max(expected)
    )


def test_sources_follow_their_sizes_unless_told_otherwise():
    assert Sampling().source_weights([8, 2]).tolist() == [1, 0.25]


def test_weights_take_the_place_of_sizes():
    assert Sampling(weights=(0.5, 2)).source_weights([7, 3]).tolist() == [0.5, 2.0]


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 2.0, 3.0), ()], ids=len)
def test_wrong_number_of_weights_is_refused(weights):
    with pytest.raises(ConfigurationError, match=rf"{len(weights)} weights do not fit 2 sources\. Give one"):
        Sampling(weights=weights).source_weights([7, 3])


@pytest.mark.parametrize("weight", [0, 0.0, -1, math.nan, math.inf, "1", None, True], ids=repr)
def test_weight_that_is_no_share_is_refused(weight):
    with pytest.raises(ConfigurationError, match=r"The weights are \[1, .*\]\. Give one number above 0 per source"):
        Sampling(weights=(1, weight))


@pytest.mark.parametrize("temperature", [0, 0.0, -1, -math.inf, math.nan, "1", None, True], ids=repr)
def test_temperature_that_is_not_above_zero_is_refused(temperature):
    with pytest.raises(ConfigurationError, match=rf"The temperature is {temperature!r}\. Give a number above 0"):
        Sampling(temperature=temperature)


@pytest.mark.parametrize("hold", [0, -1, 1.5, "2", None], ids=repr)
def test_hold_that_is_no_number_of_steps_is_refused(hold):
    with pytest.raises(ConfigurationError, match=f"hold is {hold!r}"):
        Sampling(hold=hold)


@pytest.mark.parametrize(
    ("option", "value", "closest"), [("languages", "unifrom", "uniform"), ("too_small", "repaet", "repeat")]
)
def test_unknown_choice_names_the_closest(option, value, closest):
    with pytest.raises(ConfigurationError, match=f"{option} is '{value}'. Did you mean '{closest}'"):
        Sampling(**{option: value})


def test_all_pairs_are_allowed_without_a_restriction():
    assert Sampling().allowed(LANGUAGES).tolist() == [[True] * 3] * 3


def test_pairs_are_ordered_question_before_passage():
    allowed = Sampling(pairs=(("en", "de"), ("es", "es"))).allowed(LANGUAGES)
    assert np.argwhere(allowed).tolist() == [[1, 0], [2, 2]]


def test_pairs_of_languages_that_a_source_lacks_allow_nothing_there():
    assert not Sampling(pairs=(("en", "zh"), ("zh", "zh"))).allowed(LANGUAGES).any()
