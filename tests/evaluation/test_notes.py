import numpy as np
import pytest

from beir_hybrid.evaluation.notes import notes_on
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues


def setting(name, kind, groups, **values):
    groups = tuple(groups)
    queries = tuple(f"{name}:{number}" for number in range(len(groups)))
    return SettingValues(name, kind, queries, groups, {key: np.array(found) for key, found in values.items()})


def notes(*settings, translations=None):
    return list(notes_on(QueryValues(settings), translations or {}))


def of_questions(count):
    return setting("en", "mono", map(str, range(count)), map=[0.5] * count)


@pytest.mark.parametrize(("linked", "count"), [(0, 1), (2, 0)])
def test_translations_are_noted_only_where_none_is_linked(linked, count):
    found = notes(of_questions(20), translations={"rule": "none", "linked": linked, "queries": 9})
    assert len(found) == count
    assert all(note.startswith("no query is linked to a translation") for note in found)
