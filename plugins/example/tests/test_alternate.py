from typing import ClassVar

import numpy as np
import pytest

from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.testing import StrategyContract


class TestAlternate(StrategyContract):
    name = "alternate"


class TestOneToThree(StrategyContract):
    name = "alternate"
    options: ClassVar = {"mono": 1, "cross": 3}


def test_kinds_come_in_turn():
    drawn = build_strategy("alternate(mono=2, cross=1)").draw(np.random.default_rng(0), np.linspace(0, 1, 7))
    assert drawn.tolist() == [0, 0, 1, 0, 0, 1, 0]


@pytest.mark.parametrize("spec", ["alternate(mono=0)", "alternate(cross=-1)", "alternate(mono=1.5)"])
def test_what_is_no_count_is_refused(spec):
    with pytest.raises(ConfigurationError, match="whole number"):
        build_strategy(spec)
