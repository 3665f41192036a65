import numpy as np
import pytest

from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.rankings import Rankings
from beir_hybrid.testing import MeasureContract


class TestRbp(MeasureContract):
    name = "rbp"


class TestRbpWithCutOff(MeasureContract):
    name = "rbp@10"


def rankings(*ranks):
    """One query whose relevant passages have these ranks among 100 passages of one language."""
    rank = np.array(ranks, np.float64)
    rows = len(ranks)
    return Rankings(
        query=np.zeros(rows, np.int64),
        rank=rank,
        mid_rank=rank,
        grade=np.ones(rows, np.int64),
        language=np.zeros(rows, np.int64),
        languages=("en",),
        sizes=np.array([100]),
        query_language="en",
        queries=1,
        retrieved=np.array([100]),
    )


@pytest.mark.parametrize(
    ("name", "ranks", "value"),
    [
        ("rbp", [1], 0.2),
        ("rbp", [2], 0.2 * 0.8),
        ("rbp", [1, 3], 0.2 * (1 + 0.8**2)),
        ("rbp@2", [1, 3], 0.2),
        ("rbp", [np.inf], 0.0),
    ],
)
def test_value_is_that_of_the_formula(name, ranks, value):
    assert build_measure(name).values(rankings(*ranks)) == pytest.approx([value])
