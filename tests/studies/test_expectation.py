import pytest

from beir_hybrid.document import Document
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.studies.expectation import EXPECTATIONS, find_outcome, read_expectation
from beir_hybrid.studies.verdict import Verdict


def read(entry, measures=("map",), statistic="mean"):
    return read_expectation(Document("study.yaml", {"claims": [entry]}, {}), ("claims", 0), measures, statistic)


@pytest.mark.parametrize(
    ("expect", "verdict", "within", "beyond", "outcome"),
    [
        ("better", "better", False, False, "supported"),
        ("better", "worse", False, False, "contradicted"),
        ("better", "not shown", False, False, "not shown"),
        ("worse", "worse", False, False, "supported"),
        ("worse", "better", False, False, "contradicted"),
        ("lower", "lower", False, False, "supported"),
        ("lower", "higher", False, False, "contradicted"),
        ("equal", "not shown", True, False, "supported"),
        ("equal", "worse", True, False, "supported"),
        ("equal", "worse", False, True, "contradicted"),
        ("equal", "better", False, True, "contradicted"),
        ("equal", "worse", False, False, "not shown"),
        ("equal", "not shown", False, True, "not shown"),
        ("better or equal", "better", False, False, "supported"),
        ("better or equal", "worse", True, False, "supported"),
        ("better or equal", "worse", False, True, "contradicted"),
        ("better or equal", "worse", False, False, "not shown"),
    ],
)
def test_outcome_follows_what_is_shown(expect, verdict, within, beyond, outcome):
    assert find_outcome(expect, verdict, within=within, beyond=beyond) == outcome


def test_margin_is_one_number_or_one_for_each_measure():
    assert read({}) == (None, {})
    assert read({"expect": "better"}) == ("better", {})
    assert read({"expect": "equal", "margin": 0.01}, ("map", "ndcg@10")) == ("equal", {"map": 0.01, "ndcg@10": 0.01})
    each = {"map": 0.01, "rank_distance": 50}
    assert read({"expect": "better or equal", "margin": each}, tuple(each)) == ("better or equal", each)
    assert read({"expect": "lower"}, statistic="spread") == ("lower", {})


@pytest.mark.parametrize(
    ("entry", "options", "told"),
    [
        ({"expect": "beter"}, {}, "unknown expectation 'beter'. Did you mean 'better'?"),
        ({"margin": 0.1}, {}, "there is a margin, and nothing is expected. Add  expect: equal"),
        ({"expect": "better", "margin": 0.1}, {}, "better needs no margin. Leave it out."),
        ({"expect": "equal"}, {}, "equal needs a margin above 0, and that of map is None. Add  margin: 0.01"),
        (
            {"expect": "equal", "margin": {"map": 0.1}},
            {"measures": ("map", "rank_distance")},
            "that of rank_distance is None. Add  margin: {map: 0.01, rank_distance: 0.01}",
        ),
        ({"expect": "equal", "margin": -1}, {}, "that of map is -1."),
        ({"expect": "equal", "margin": {"mpa": 1}}, {}, "unknown measure of the claim 'mpa'. Did you mean 'map'?"),
        ({"expect": "lower"}, {}, "map has a direction: higher is better. Write  expect: worse"),
        ({"expect": "lower"}, {"measures": ("rank_distance",)}, "lower is better. Write  expect: better"),
        ({"expect": "better"}, {"statistic": "spread"}, "A spread is neither better when higher nor when lower."),
        ({"expect": "equal", "margin": 1}, {"statistic": "worst"}, "equal is tested for the mean alone."),
    ],
)
def test_what_cannot_be_tested_is_refused(entry, options, told):
    with pytest.raises(ConfigurationError) as error:
        read(entry, **options)
    assert told in str(error.value)


def test_what_is_expected_is_good_whichever_way_it_is():
    def tone(verdict, outcome=""):
        numbers = dict.fromkeys(("mean", "baseline_mean", "difference", "interval", "p", "holm", "effect"))
        fields = {"claim": "", "evaluation": "sample", "kind": "mono", "measure": "map", "sentence": ""}
        sides = {"run": {}, "baseline": {}, "seeds": 1, "by_seed": ()}
        return Verdict(**fields, **sides, **numbers, verdict=verdict, outcome=outcome).tone

    assert [tone(word) for word in ("better", "worse", "not shown", "higher")] == ["good", "bad", "unclear", "other"]
    assert [tone("worse", word) for word in ("supported", "contradicted", "not shown")] == ["good", "bad", "unclear"]


def test_every_expectation_has_an_outcome_of_each_kind_or_none():
    words = ("better", "worse", "higher", "lower", "not shown")
    for expect in EXPECTATIONS:
        told = {
            find_outcome(expect, word, within=within, beyond=not within) for word in words for within in (True, False)
        }
        assert told == {"supported", "contradicted", "not shown"}
