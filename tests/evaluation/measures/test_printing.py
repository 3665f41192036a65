from dataclasses import dataclass

import pytest

from beir_hybrid.errors import PluginError
from beir_hybrid.evaluation.measures import Printed, StandardMeasure
from beir_hybrid.evaluation.measures.base import printed_of
from beir_hybrid.evaluation.measures.printing import printed


@dataclass(frozen=True)
class Stranger(StandardMeasure):
    cutoff: int
    base_name = "my_measure"

    def values(self, rankings):
        return rankings.rank


@pytest.mark.parametrize(
    ("name", "title", "full", "brief"),
    [
        ("map", "mAP", "0.1235", "12.3"),
        ("ndcg@10", "nDCG@10", "0.1235", "12.3"),
        ("recall@1", "recall@1", "0.1235", "12.3"),
        ("language_share[de]@10", "language share[de]@10", "0.1235", "12.3"),
        ("rank_distance@1000", "rank distance@1000", "0.1", "0.1"),
        ("mrc@10", "MRC@10", "0.1235", "0.123"),
        ("not_installed_here@5", "not installed here@5", "0.1235", "0.123"),
    ],
)
def test_measures_are_printed_as_is_usual_in_the_field(name, title, full, brief):
    look = printed(name)
    assert (look.title, look.full(0.12345), look.brief(0.12345)) == (title, full, brief)
    assert look.full(None) == look.brief(float("nan")) == "-"


def test_direction_is_the_measures_own():
    assert [printed(name).arrow for name in ("map", "rank_distance", "language_share@10")] == ["↑", "↓", ""]
    assert printed("rank_distance").direction == "lower is better"
    assert printed("not_installed_here").higher_is_better is None


def test_measures_of_others_are_printed_by_their_bounds_unless_they_say_otherwise():
    assert printed_of(Stranger(5)) == Printed("my measure", factor=100, brief_decimals=1)
    unbounded = type("Unbounded", (Stranger,), {"bounds": (0, float("inf"))})
    assert printed_of(unbounded(5)) == Printed("my measure")
    own = Printed("mine", decimals=2)
    assert printed_of(type("Own", (Stranger,), {"printed": own})(5)) == own
    with pytest.raises(PluginError, match="The printed form of my_measure@5 is 'mine'"):
        printed_of(type("Wrong", (Stranger,), {"printed": "mine"})(5))


def test_small_differences_keep_two_digits():
    look = printed("map")
    digits = look.digits([0.00123], brief=True)
    assert (look.brief(0.00123, sign=True, decimals=digits), look.brief(0.5, decimals=digits)) == ("+0.12", "50.00")
    assert look.full(0.00123, sign=True, decimals=look.digits([0.00123])) == "+0.0012"
