from types import SimpleNamespace

import numpy as np
import pytest

from beir_hybrid.errors import PluginError
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.measures.base import bounds_of


@pytest.mark.parametrize(
    ("name", "bounds"), [("map", (0, 1)), ("rank_distance", (0, np.inf)), ("mrc@10", (-1, 1)), ("ndkl@10", (0, np.inf))]
)
def test_measures_of_ours_have_bounds(name, bounds):
    assert bounds_of(build_measure(name)) == bounds


def test_measure_that_does_not_say_has_none():
    assert bounds_of(SimpleNamespace(name="mine")) == (-np.inf, np.inf)


@pytest.mark.parametrize("bounds", [(1.0, 0.0), (0.0,), (0.0, 1.0, 2.0), None, 1, ("a", "b"), (0.0, float("nan"))])
def test_bounds_that_are_none_are_refused_in_a_line(bounds):
    with pytest.raises(PluginError) as caught:
        bounds_of(SimpleNamespace(name="mine", bounds=bounds))
    assert str(caught.value) == (f"The bounds of mine are {bounds}. Give two numbers, the lower one first: (0.0, 1.0)")
