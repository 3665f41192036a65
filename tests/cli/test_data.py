import json

import pytest

ROW = {"group": "1", "language": "en", "question": "Who?", "passage": "Me."}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = [ROW | {"group": str(number), "language": code} for number in range(20) for code in ("de", "en")]
    path.write_text("\n".join(map(json.dumps, [*rows, ROW | {"passage": ""}])))
    return path


def test_store_is_built_and_what_is_left_out_is_said(invoke, tmp_path, path):
    result = invoke("data", "build", path, "--output", tmp_path / "store")
    assert result.exit_code == 0
    assert "40 rows in 20 groups, languages de, en." in result.output
    assert "left out: 1 rows with empty passage" in result.output


def test_store_is_planned_on(invoke, tmp_path, path):
    invoke("data", "build", path, "--output", tmp_path / "store")
    result = invoke("plan", "--train-data", tmp_path / "store", "--batch-size", "1", "--output", tmp_path / "plan.json")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "plan.json").read_text())["source_questions"] == {"store": 40}


def test_strict_stops_and_leaves_nothing(invoke, tmp_path, path):
    result = invoke("data", "build", path, "--output", tmp_path / "store", "--strict")
    assert result.exit_code == 2
    assert "1 rows have empty passage" in result.output
    assert not (tmp_path / "store").exists()
