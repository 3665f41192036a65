import pytest

from beir_hybrid.studies.answer import find_answer


@pytest.mark.parametrize(
    ("cost", "means"),  # a cell whose file cannot be used at all leaves the mean to the others
    [
        ('{"schema": 1, "seconds": {"train": "long"}, "steps": [3], "tokens": Infinity}', [None, None, None]),
        ('{"schema": 1, "seconds": [9.0], "steps": 9, "tokens": 9}', [2.0, 3.0, 900.0]),
        ('{"schema": 1, "seconds": "long", "steps": 9, "tokens": 9}', [2.0, 3.0, 900.0]),
    ],
    ids=["values", "list", "text"],
)
def test_damaged_costs_are_left_out(opened, evaluated, cost, means):
    folder = opened()
    for cell in folder.cells:
        evaluated(folder)(cell, {"en": {"map": [1.0, 0.5]}})
    (folder.of(folder.cells[0]) / "cost.json").write_text(cost)
    damaged, whole = find_answer(folder).costs
    assert [damaged.means[name] for name in ("train", "steps", "tokens")] == means
    assert [whole.means[name] for name in ("train", "steps", "tokens")] == [2.0, 3.0, 900.0]
