from __future__ import annotations

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from beir_hybrid.errors import BeirHybridError, ConfigurationError, MissingDataError, UnknownNameError
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.statistics import comparison
from beir_hybrid.evaluation.statistics.comparison import compare
from beir_hybrid.evaluation.statistics.significance import RESAMPLES, effect_sizes, intervals, paired_test

LANGUAGES = ("de", "en", "tr")
GROUPS = 80


@pytest.fixture(autouse=True)
def directions(monkeypatch):
    """Measures of three directions, and one that is not installed."""

    def build(name):
        if name == "unknown":
            raise BeirHybridError("not installed")
        return SimpleNamespace(higher_is_better={"map": True, "rank_distance": False, "share": None}[name])

    monkeypatch.setattr(comparison, "build_measure", build)


def make(seed=0, shift=0.0, base=None, names=("map",), settings=None, **fields):
    """Results with random values; with a base, its values and a small random difference by group besides the shift."""
    rng = np.random.default_rng(seed)
    kinds = [(name, "mono") for name in LANGUAGES] + [("de-en", "cross"), ("en-all", "multi")]
    found = []
    for name, kind in kinds if settings is None else [each for each in kinds if each[0] in settings]:
        language = name.partition("-")[0]
        groups = tuple(f"g{group}" for group in range(GROUPS))
        values = {}
        for measure in names:
            start = rng.random(GROUPS) if base is None else of(base, name).values[measure] + rng.normal(0, 0.05, GROUPS)
            values[measure] = start + shift
        found.append(SettingValues(name, kind, tuple(f"{language}:{group}" for group in groups), groups, values))
    values = QueryValues(tuple(found))
    data = {"queries": "1", "passages": "2", "qrels": "3"}
    options = {"data": data, "values": values, **fields}
    return Results("tiny", f"model{seed}", "sentence", LANGUAGES, values.macro(), values.means(), **options)


def of(results, name):
    return next(setting for setting in results.values.settings if setting.name == name)


BASE = make()
UP = make(1, 0.05, BASE)
SAME = make(2, 0.0, BASE)


def test_a_shifted_run_is_found_and_an_equal_one_is_not():
    found = compare({"base": BASE, "up": UP, "same": SAME})
    verdicts = {(each.kind, each.run): each.verdict for each in found.kinds}
    assert verdicts == {
        **{(kind, "up"): "better" for kind in ("mono", "cross", "multi")},
        **{(kind, "same"): "not shown" for kind in ("mono", "cross", "multi")},
    }
    assert found.settings == ()


def test_a_contrast_has_the_numbers_of_the_library():
    found = compare({"base": BASE, "up": UP})
    first = found.kinds[0]
    differences = QueryValues(
        tuple(
            replace(setting, values={"map": setting.values["map"] - of(BASE, setting.name).values["map"]})
            for setting in UP.values.settings
        )
    )
    assert (first.run, first.kind, first.setting, first.measure) == ("up", "mono", None, "map")
    assert (first.settings, first.queries, first.groups) == (3, 240, 80)
    assert first.mean == pytest.approx(UP.scores["mono"]["map"])
    assert first.baseline == pytest.approx(BASE.scores["mono"]["map"])
    assert first.difference == pytest.approx(first.mean - first.baseline)
    assert list(first.interval) == intervals(differences)["scores"]["mono"]["map"]
    assert first.p == paired_test(differences)["scores"]["mono"]["map"] == 1 / (RESAMPLES + 1)
    assert first.effect == effect_sizes(differences)["scores"]["mono"]["map"]


def test_kinds_and_settings_are_corrected_as_families_of_their_own():
    found = compare({"base": BASE, "up": UP, "same": SAME}, by_setting=True)
    assert len(found.kinds) == 3 * 2
    assert len(found.settings) == 5 * 2
    for family in (found.kinds, found.settings):
        assert [each.holm for each in family] == pytest.approx(comparison.holm([each.p for each in family]))
    notes = " ".join(found.notes)
    assert "the 6 tests of all kinds" in notes
    assert "the 10 tests of all settings" in notes
    assert "resample questions with all of theirs" in notes


def test_large_families_get_enough_flips_to_find_anything(monkeypatch):
    monkeypatch.setattr(comparison, "RESAMPLES", 9)
    found = compare({"base": BASE, "up": UP})
    assert {each.p for each in found.kinds} == {1 / (40 * 3)}
    assert {each.verdict for each in found.kinds} == {"better"}


@pytest.mark.parametrize(
    ("name", "shift", "verdict"),
    [
        ("map", -0.05, "worse"),
        ("rank_distance", -0.05, "better"),
        ("rank_distance", 0.05, "worse"),
        ("share", 0.05, "higher"),
        ("unknown", -0.05, "lower"),
    ],
)
def test_the_verdict_knows_the_measures_direction(name, shift, verdict):
    base = make(names=(name,))
    found = compare({"base": base, "run": make(1, shift, base, (name,))})
    assert {each.verdict for each in found.kinds} == {verdict}


def test_contrasts_are_sorted_by_kind_and_measure_and_run():
    base = make(names=("map", "share"))
    runs = {"base": base, "b": make(1, 0, base, ("map", "share")), "a": make(2, 0, base, ("map", "share"))}
    found = compare(runs)
    order = [(each.kind, each.measure, each.run) for each in found.kinds]
    assert order[:5] == [
        ("mono", "map", "b"),
        ("mono", "map", "a"),
        ("mono", "share", "b"),
        ("mono", "share", "a"),
        ("cross", "map", "b"),
    ]


def test_the_baseline_may_be_any_run():
    found = compare({"up": UP, "base": BASE}, baseline="base")
    assert found.baseline == "base"
    assert list(found.models.items()) == [("base", "model0"), ("up", "model1")]
    assert found.kinds == compare({"base": BASE, "up": UP}).kinds


def test_runs_of_other_data_are_named_and_the_others_compared():
    other = replace(UP, passage_text="sentence+context")
    narrow = replace(UP, languages=("de", "en"))
    found = compare({"base": BASE, "other": other, "up": UP, "narrow": narrow})
    assert found.excluded == {
        "other": "other passages: their text is sentence+context, not sentence",
        "narrow": "other languages: de, en, not de, en, tr",
    }
    assert {each.run for each in found.kinds} == {"up"}
    assert list(found.models) == ["base", "up"]


def test_nothing_to_compare_is_an_error_with_the_reasons():
    other = replace(UP, data={**UP.data, "qrels": "9"})
    apart = make(1, names=("share",))
    message = (
        "No run can be compared with base (other: other relevance judgements; apart: no setting and measure has values "
        "of both)."
    )
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        compare({"base": BASE, "other": other, "apart": apart})


def test_measures_and_settings_missing_in_one_are_skipped_and_named():
    base = make(names=("map", "share"))
    found = compare({"base": base, "up": make(1, 0.05, base, ("map",), settings=("de", "en"))})
    assert [(each.kind, each.measure, each.settings) for each in found.kinds] == [("mono", "map", 2)]
    assert found.skipped == (
        "share is left out in 2 settings: not both up and base have values.",
        "Left out: 3 settings that not both up and base have: tr, de-en, en-all.",
    )


def test_settings_may_be_named_by_their_kind():
    base = make()
    found = compare({"base": base, "up": make(1, 0.05, base)}, settings=["mono", "de-en"])
    assert {each.kind: each.settings for each in found.kinds} == {"mono": 3, "cross": 1}


def test_choices_of_measures_and_settings_are_kept():
    base = make(names=("map", "share"))
    run = make(1, 0.05, base, ("map", "share"))
    found = compare({"base": base, "up": run}, measures=["share"], settings=["tiny.en-all", "de"], by_setting=True)
    assert [(each.setting, each.measure) for each in found.settings] == [("de", "share"), ("en-all", "share")]
    assert len(found.kinds) == 2
    assert found.skipped == ()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"baseline": "bas"}, UnknownNameError, "no run 'bas'. Did you mean 'base'"),
        ({"measures": ["mapp"]}, UnknownNameError, "No run has the measure 'mapp'. Did you mean 'map'"),
        ({"settings": ["en-al"]}, UnknownNameError, "No run has the setting 'en-al'. Did you mean 'en-all'"),
        ({"measures": []}, ConfigurationError, "No measure was chosen"),
        ({"settings": []}, ConfigurationError, "No setting was chosen"),
    ],
)
def test_unknown_names_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        compare({"base": BASE, "up": UP}, **options)


def test_one_run_is_refused():
    with pytest.raises(ConfigurationError, match="Runs to compare: 1"):
        compare({"base": BASE})


def test_a_run_without_values_is_refused():
    with pytest.raises(MissingDataError, match="up lacks the values of its queries"):
        compare({"base": BASE, "up": replace(UP, values=None)})


def test_settings_of_unequal_sizes_are_said():
    first = of(BASE, "de")
    short = SettingValues("de", "mono", first.queries[:9], first.groups[:9], {"map": first.values["map"][:9]})
    uneven = replace(BASE, values=QueryValues((short, *BASE.values.settings[1:])))
    found = compare({"base": uneven, "again": uneven})
    assert "The mono settings have 9 to 80 queries; in the mean each setting counts once." in found.notes
    assert {(each.p, each.difference, each.verdict) for each in found.kinds} == {(1.0, 0.0, "not shown")}


def test_a_comparison_is_json():
    found = compare({"base": BASE, "up": UP}, by_setting=True)
    content = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert content["schema"] == 1
    assert content["kinds"][0]["interval"] == list(found.kinds[0].interval)
    assert content["settings"][0]["setting"] == "de"


def test_how_translations_are_linked_is_told():
    found = compare({"base": replace(BASE, translations={"rule": "equal ids"}), "up": UP})
    assert "Translations are linked by equal ids after the language: 240 of 240 queries." in found.notes
    found = compare({"base": BASE, "up": UP})  # results of before, which do not tell the rule
    assert "Translations are linked: 240 of 240 queries." in found.notes


def test_translations_that_are_not_linked_are_told():
    def apart(results):
        settings = tuple(replace(each, groups=each.queries) for each in results.values.settings)
        return replace(
            results, values=QueryValues(settings), translations={"rule": "none", "linked": 0, "queries": 240}
        )

    found = compare({"base": apart(BASE), "up": apart(UP)})
    [told] = [
        note for note in found.notes if note.startswith("No query is linked to a translation, by metadata.group or")
    ]
    assert told.endswith("intervals are too narrow if some are translations.")


def test_nothing_is_said_of_translations_where_there_is_one_language():
    found = compare({"base": BASE, "up": UP}, settings=["en", "en-all"])
    assert not [note for note in found.notes if "linked" in note]
