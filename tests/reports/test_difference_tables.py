from dataclasses import replace

import pytest

from beir_hybrid.evaluation.statistics.comparison import Comparison, Contrast
from beir_hybrid.reports.difference_tables import difference_tables


def contrast(setting, difference, verdict="not shown", **given):
    kind = given.pop("kind", "cross" if "-" in setting else "mono")
    fields = {"run": "new", "measure": "map", "settings": 1, "queries": 4, "groups": 4, "mean": 0.5, "baseline": 0.5}
    fields |= {"interval": None, "p": 1.0, "holm": 1.0, "effect": None, "verdict": verdict, **given}
    return Contrast(kind=kind, setting=setting, difference=difference, **fields)


@pytest.fixture
def comparison():
    found = [contrast("de", 0.25, "better"), contrast("en", 0.0), contrast("de-en", -0.125), contrast("en-de", 0.5)]
    found.append(contrast("de-all", 0.75, kind="multi"))
    return Comparison("old", {"old": "o", "new": "n"}, (), tuple(found), {}, (), ())


def test_differences_stand_by_query_and_passage_language(comparison, rows_of, header_of, text_of):
    [table] = difference_tables(comparison)
    assert "map of new less old" in text_of(table)
    assert header_of(table) == ["", "de", "en"]
    assert rows_of(table) == [["de", "+0.250", "-0.125"], ["en", "+0.500", "+0.000"]]


def test_colour_is_there_only_on_a_terminal(comparison, text_of):
    [table] = difference_tables(comparison)
    assert "\x1b[" not in text_of(table)
    assert "\x1b[" in text_of(table, "truecolor")


def test_what_is_shown_is_bold(comparison, text_of):
    [table] = difference_tables(comparison)
    [line] = [line for line in text_of(table, "truecolor").splitlines() if "+0.250" in line]
    assert "\x1b[1;" in line[: line.index("+0.250")]
    assert "\x1b[1;" not in line[line.index("-0.125") - 40 : line.index("-0.125")]


def test_each_run_has_a_map_and_other_measures_have_none(comparison):
    more = [replace(one, run="third") for one in comparison.settings]
    more += [replace(one, measure="recall@1") for one in comparison.settings]
    tables = difference_tables(replace(comparison, settings=(*comparison.settings, *more)))
    assert [str(table.title).partition(":")[0] for table in tables] == ["map of new less old", "map of third less old"]


def test_without_several_cross_lingual_settings_there_is_no_map(comparison):
    assert difference_tables(replace(comparison, settings=())) == []
    assert difference_tables(replace(comparison, settings=comparison.settings[:3])) == []
