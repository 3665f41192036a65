import numpy as np
import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.studies.outcomes import Outcomes, average, matching


def values(found, queries=("en:1", "en:2"), measure="map"):
    return QueryValues((SettingValues("en", "mono", queries, ("1", "2"), {measure: np.array(found)}),))


def test_average_is_over_runs_at_each_query():
    found = average([values([1.0, 0.5]), values([0.0, 0.25]), values([0.5, 0.0])], ["map"])
    assert found.settings[0].values["map"].tolist() == [0.5, 0.25]


def test_query_without_a_value_in_one_run_has_none():
    found = average([values([1.0, np.nan]), values([0.0, 0.5])], ["map"]).settings[0].values["map"]
    assert found[0] == 0.5
    assert np.isnan(found[1])


@pytest.mark.parametrize("other", [{"queries": ("en:1", "en:3")}, {"measure": "mrr"}], ids=["queries", "measures"])
def test_runs_of_other_queries_are_not_averaged(other):
    with pytest.raises(DataFormatError):
        average([values([1.0, 0.5]), values([1.0, 0.5], **other)], ["map"])


def test_cells_are_chosen_by_some_values_and_named_by_the_rest(opened):
    cells = opened().cells
    found = matching(cells, {"strategy": "hybrid"})
    assert list(found.values()) == [cells[2], cells[3]]
    assert list(found) == list(matching(cells, {"strategy": "x-x-mono"}))


def test_unfinished_and_unreadable_cells_are_left_out_and_told(opened, evaluated):
    folder = opened()
    finish = evaluated(folder)
    for cell in folder.cells[:3]:
        finish(cell, {"en": {"map": [1.0, 0.0]}})
    path = folder.of(folder.cells[1]).path / "evaluations" / "sample" / "results.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    outcomes = Outcomes(folder)
    assert outcomes.cells == [folder.cells[0], folder.cells[2]]
    assert outcomes.remarks == [f"{name}, seed 2 is not finished, and is left out." for name in ("x-x-mono", "hybrid")]


def test_values_of_cells_keep_the_measures_asked_for(opened, evaluated):
    folder = opened()
    for number, cell in enumerate(folder.cells[:2]):
        evaluated(folder)(cell, {"en": {"map": [1.0, 0.5 * number], "mrr": [1.0, 1.0]}})
    found = Outcomes(folder).values(folder.cells[:2], "sample", ["map"]).values
    assert {name: value.tolist() for name, value in found.settings[0].values.items()} == {"map": [1.0, 0.25]}


def test_cells_put_to_other_data_are_not_averaged(opened, evaluated):
    folder = opened()
    for data, cell in zip(("one", "two"), folder.cells, strict=False):
        evaluated(folder)(cell, {"en": {"map": [1.0, 0.5]}}, data=data)
    with pytest.raises(DataFormatError, match="other data"):
        Outcomes(folder).values(folder.cells[:2], "sample", ["map"])
