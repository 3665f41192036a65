import numpy as np
import pytest

from beir_hybrid.evaluation.notes import notes_on
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.statistics.significance import FEW

NAN = float("nan")


def setting(name, kind, groups, **values):
    groups = tuple(groups)
    queries = tuple(f"{name}:{number}" for number in range(len(groups)))
    return SettingValues(name, kind, queries, groups, {key: np.array(found) for key, found in values.items()})


def notes(*settings, translations=None, intervals=True):
    return list(notes_on(QueryValues(settings), translations or {}, intervals))


def of_questions(count):
    return setting("en", "mono", map(str, range(count)), map=[0.5] * count)


def test_few_questions_are_told_below_the_limit_and_where_there_are_intervals():
    said = f"few questions (mono {FEW - 1}): below {FEW}, 95 % intervals are too narrow where values are skewed"
    assert notes(of_questions(FEW - 1)) == [said]
    assert notes(of_questions(FEW - 1), intervals=False) == notes(of_questions(FEW)) == []


def test_questions_are_counted_not_queries_and_over_all_settings_of_a_kind():
    many = [setting(name, "cross", ["a", "b"] * FEW, map=[0.5] * 2 * FEW) for name in ("en-de", "de-en")]
    assert notes(*many)[0].startswith("few questions (cross 2)")
    halves = [
        setting("en", "mono", [f"a{number}" for number in range(FEW // 2)], map=[0.5] * (FEW // 2)),
        setting("de", "mono", [f"b{number}" for number in range(FEW // 2)], map=[0.5] * (FEW // 2)),
    ]
    assert notes(*halves) == []


def test_questions_without_a_value_do_not_count():
    values = [0.5] * 3 + [NAN] * FEW
    found = setting(
        "en-all", "multi", map(str, range(FEW + 3)), map=[0.5] * (FEW + 3), mrc=values, peer=[NAN] * len(values)
    )
    assert notes(found)[-1].startswith("few questions (multi 3)")


@pytest.mark.parametrize(("linked", "count"), [(0, 1), (2, 0)])
def test_translations_are_noted_only_where_none_is_linked(linked, count):
    found = notes(of_questions(FEW), translations={"rule": "none", "linked": linked, "queries": 9})
    assert len(found) == count
    assert all(note.startswith("no query is linked to a translation") for note in found)
