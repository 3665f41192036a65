import pytest

from beir_hybrid.debiasing import build_debiasings
from beir_hybrid.errors import ConfigurationError, PluginError, UnknownNameError
from beir_hybrid.registry import DEBIASINGS


def test_range_gives_a_method_for_each_strength():
    strengths = [each.strength for each in build_debiasings("shift:0:1:0.1")]
    assert strengths == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]


def test_strength_may_be_named():
    assert build_debiasings("shift:strength=0.2") == build_debiasings("shift:0.2")


def test_given_strength_replaces_a_written_one():
    assert [each.strength for each in build_debiasings("shift:0.6", strength=0.2)] == [0.2]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("shift:much", "'shift:much' is no method of debiasing"),
        ("shift:0.1:0.2", "'shift:0.1:0.2' has 2 numbers"),
        ("shift:0:1:0", "goes from 0 to 1 in steps of 0"),
        ("shift:1:0:0.1", "goes from 1 to 0 in steps of 0.1"),
        ("shift:0:1:0.0001", "goes from 0 to 1 in steps of 0.0001"),
        ("shift:0.5:strength=0.6", "has 2 numbers"),
        ("lir:directions=2:directions=3", "is no method of debiasing"),
        ("shift:11", "The strength of shift is 11.0. Give a number from 0 to 10"),
        ("shift:nan", "The strength of shift is nan"),
        ("shift:sources=de", "has no option 'sources'"),
    ],
)
def test_what_is_no_spec_is_refused(spec, problem):
    with pytest.raises(ConfigurationError, match=problem):
        build_debiasings(spec)


def test_unknown_method_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no method of debiasing 'lirr'.*'lir'"):
        build_debiasings("lirr")


def test_what_makes_no_method_is_refused(monkeypatch):
    monkeypatch.setitem(DEBIASINGS._called, "nothing", lambda: None)
    with pytest.raises(PluginError, match="it makes "):
        build_debiasings("nothing")
