from dataclasses import replace

import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.studies.expected import ExpectedValue, expected_values, reproduce, reproduced
from beir_hybrid.studies.record import StudyRecord, StudySummary
from beir_hybrid.studies.study import read_study

EXPECTED = """
expected:
  hardware: two cores
  values:
    - {run: {strategy: hybrid}, kind: mono, measure: map, value: 0.45, tolerance: 0.01}
    - {run: {strategy: x-x-mono}, kind: multi, measure: rank_distance, value: 100, tolerance: 5}
"""
HYBRID = ExpectedValue({"strategy": "hybrid"}, "sample", "mono", "map", 0.45, 0.01)


def summary(mean, **values):
    return StudySummary(values or {"strategy": "hybrid"}, "sample", "mono", "map", 1, mean)


@pytest.mark.parametrize(
    ("mean", "match"),
    [(0.45, "OK"), (0.46, "OK"), (0.44, "OK"), (0.4601, "close"), (0.48, "close"), (0.4801, "off"), (None, "off")],
)
def test_means_match_by_their_distance(mean, match):
    [one] = reproduce([HYBRID], StudyRecord(summary=(summary(mean),)))
    assert (one.measured, one.match) == (mean, match)


def test_what_was_not_measured_is_off():
    [one] = reproduce([HYBRID], StudyRecord(summary=(summary(0.45, strategy="x-y"),)))
    assert (one.measured, one.match) == (None, "off")
    [one] = reproduce([replace(HYBRID, kind="cross")], StudyRecord(summary=(summary(0.45),)))
    assert one.match == "off"


def test_values_are_read_from_the_studys_file(write, mini):
    study = read_study(write(mini + EXPECTED))
    hybrid, mono = expected_values(study.content, ["sample"])
    assert hybrid == HYBRID
    assert (mono.run, mono.value, mono.tolerance) == ({"strategy": "x-x-mono"}, 100, 5)
    record = StudyRecord(study=study.content, summary=(summary(0.452),))
    assert [one.match for one in reproduced(record)] == ["OK", "off"]
    assert reproduced(StudyRecord(study={}, summary=(summary(0.452),))) == []


def test_numbers_of_the_full_form_are_not_the_quick_ones(write, mini):
    quick = "quick:\n  grid: {seed: [1]}\n"
    assert expected_values(read_study(write(mini + EXPECTED + quick), quick=True).content, ["sample"]) == []
    own = quick + "  expected: {values: [{kind: mono, measure: map, value: 1, tolerance: 1}]}\n"
    [value] = expected_values(read_study(write(mini + EXPECTED + own), quick=True).content, ["sample"])
    assert (value.run, value.value) == ({}, 1)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("strategy: hybrid}, kind", "strategy: hybird}, kind", "unknown strategy of the grid 'hybird'"),
        ("strategy: hybrid}, kind", "seed: 1}, kind", "unknown option of the grid 'seed'"),
        ("kind: mono", "kind: mnoo", "unknown kind 'mnoo'. Did you mean 'mono'?"),
        ("measure: map, value", "value", "an expected value has no measure."),
        ("tolerance: 0.01", "tolerance: 0", "tolerance is 0."),
        ("value: 0.45", "value: much", "value is 'much'."),
        ("hardware", "hardwear", "unknown key 'hardwear'."),
    ],
)
def test_what_does_not_fit_the_study_is_refused(write, mini, old, new, told):
    assert old in EXPECTED
    with pytest.raises(ConfigurationError) as error:
        read_study(write(mini + EXPECTED.replace(old, new, 1)))
    assert told in str(error.value)
