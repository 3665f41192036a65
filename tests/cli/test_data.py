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


def test_show_prints_tables_and_writes_the_numbers(invoke, tmp_path, path):
    result = invoke("data", "show", path, "--output", tmp_path / "survey.json")
    assert result.exit_code == 0, result.output
    assert "40 rows in 20 groups" in result.output
    assert "rows left out: empty passage" in result.output
    assert json.loads((tmp_path / "survey.json").read_text())["pairs"] == {"de": {"de": 20}, "en": {"en": 20}}


def test_show_takes_stores_and_registered_datasets(invoke, tmp_path, path):
    invoke("data", "build", path, "--output", tmp_path / "store")
    assert "40 rows in 20 groups" in invoke("data", "show", tmp_path / "store").output
    assert "sample: " in invoke("data", "show", "sample", "--languages", "en,th").output


def test_show_refuses_what_it_cannot_write_or_find(refused):
    assert refused("data", "show", "sample", "--output", "survey.txt") == "survey.txt ends in '.txt'. End it in .json."
    assert refused("data", "show", "smaple").startswith("There is no file, folder or dataset smaple.")


def test_file_with_columns_of_its_own_is_built_and_planned_on(invoke, tmp_path):
    rows = [
        {"id": number, "lang": code, "query": "a?", "positive": f"{number}."}
        for number in range(4)
        for code in ("de", "en")
    ]
    table = tmp_path / "mine.jsonl"
    table.write_text("\n".join(map(json.dumps, rows)))
    columns = ("--columns", "group=id,language=lang")
    result = invoke("data", "build", table, *columns, "--output", tmp_path / "store")
    assert "8 rows in 4 groups, languages de, en." in result.output
    result = invoke("plan", "--train-data", table, *columns, "--batch-size", "1", "--output", tmp_path / "plan.json")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "plan.json").read_text())["source_questions"] == {"mine": 8}
