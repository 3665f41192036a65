import numpy as np
import pytest

from beir_hybrid.studies.answer import find_answer, group_cells, summarize_study
from beir_hybrid.studies.outcomes import Outcomes


@pytest.fixture
def summaries(opened, evaluated, mini):
    """Two seeds, trained on en and de, evaluated on ru too; map of each setting, and a rank distance."""
    folder = opened()
    names = ("en", "de", "ru", "en-de", "de-ru", "ru-el", "en-all", "ru-all")
    for seed, cell in enumerate(folder.cells[:2]):
        values = {name: {"map": [0.1 * place + 0.02 * seed] * 2} for place, name in enumerate(names)}
        values["en-all"]["rank_distance"] = [10.0, 20.0]
        values["ru-all"]["rank_distance"] = [30.0, 50.0]
        evaluated(folder)(cell, values)
    return {(one.kind, one.measure): one for one in summarize_study(Outcomes(folder))}


def test_mean_and_deviation_are_over_seeds(summaries):
    mono = summaries["mono", "map"]
    assert (mono.values, mono.seeds) == ({"strategy": "x-x-mono"}, 2)
    assert mono.mean == pytest.approx(0.11)
    assert mono.deviation == pytest.approx(np.std([0.1, 0.12], ddof=1))


def test_worst_setting_and_spread_are_over_settings(summaries):
    cross = summaries["cross", "map"]
    assert (cross.worst_setting, cross.worst) == ("en-de", pytest.approx(0.31))
    assert cross.spread == pytest.approx(np.std([0.3, 0.4, 0.5]))
    distance = summaries["multi", "rank_distance"]
    assert (distance.worst_setting, distance.worst, distance.spread) == ("ru-all", 40.0, 12.5)


def test_seen_and_unseen_leave_out_pairs_of_both(summaries):
    assert summaries["mono", "map"].seen == pytest.approx(0.06)
    assert summaries["mono", "map"].unseen == pytest.approx(0.21)
    assert summaries["cross", "map"].seen == pytest.approx(0.31)
    assert summaries["cross", "map"].unseen == pytest.approx(0.51)
    assert summaries["multi", "map"].seen == pytest.approx(0.61)  # a pool counts as its queries' language
    assert summaries["multi", "map"].unseen == pytest.approx(0.71)
    counts = [(one.seen_settings, one.unseen_settings) for one in summaries.values() if one.measure == "map"]
    assert counts == [(2, 1), (1, 1), (1, 1)]
    assert {one.seen_languages for one in summaries.values()} == {("en", "de")}


def test_cells_that_differ_in_their_seed_alone_are_one_group(opened):
    cells = opened().cells
    assert group_cells(cells) == [list(cells[:2]), list(cells[2:])]


def test_seed_of_the_data_is_a_seed_too(opened, evaluated, mini):
    folder = opened(mini.replace("seed: [1, 2]", "data_seed: [1, 2]"))
    for cell in folder.cells:
        evaluated(folder)(cell, {"en": {"map": [1.0, 0.5]}})
    answer = find_answer(folder)
    assert group_cells(folder.cells) == [list(folder.cells[:2]), list(folder.cells[2:])]
    assert list(answer.costs) == ["x-x-mono", "hybrid"]
    assert "in 0 of 2 seeds" in answer.record.verdicts[0].sentence


@pytest.mark.parametrize(
    "cost",
    [
        '{"schema": 1, "seconds": {"train": "long"}, "steps": 3, "tokens": 9}',
        '{"schema": 1, "seconds": [9.0], "steps": 9, "tokens": 9}',
        '{"schema": 1, "seconds": "long", "steps": 9, "tokens": 9}',
        '{"schema": 1, "steps": [3]}',
    ],
    ids=["values", "list", "text", "steps"],
)
def test_damaged_costs_are_left_out_and_told(opened, evaluated, cost):
    folder = opened()
    for cell in folder.cells:
        evaluated(folder)(cell, {"en": {"map": [1.0, 0.5]}})
    (folder.of(folder.cells[0]).path / "cost.json").write_text(cost)
    answer = find_answer(folder)
    damaged, whole = answer.costs.values()
    assert [(cost.seconds["train"], cost.steps, cost.tokens) for cost in damaged] == [(2.0, 3, 900)]
    assert whole == damaged * 2
    assert [remark.split(":")[0] for remark in answer.record.remarks] == ["The cost of x-x-mono, seed 1 is left out"]
