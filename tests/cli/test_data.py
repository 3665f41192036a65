import json

import pytest

from beir_hybrid.datasets import load_dataset

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
    assert "8 rows in 4 groups" in invoke("data", "show", table, *columns).output
    result = invoke("plan", "--train-data", table, *columns, "--batch-size", "1", "--output", tmp_path / "plan.json")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "plan.json").read_text())["source_questions"] == {"mine": 8}


@pytest.fixture
def known(tmp_path):
    """Pairs of which one group asks what the sample asks in English."""
    [query, *_] = load_dataset("sample", languages=["en"]).queries["en"].values()
    path = tmp_path / "known.jsonl"
    rows = [ROW | {"question": query}, ROW | {"language": "de"}, ROW | {"group": "2", "question": "Is this new?"}]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_check_finds_what_stands_in_a_set_and_writes_a_store_without_it(invoke, tmp_path, known):
    places = ("--output", tmp_path / "overlap.json", "--remove", "--output-store", tmp_path / "clean")
    result = invoke("data", "check", known, "--against", "sample.en", *places)
    assert result.exit_code == 0, result.output
    assert "Result: 1 texts of" in result.output
    assert "clean: 1 rows in 1 groups." in result.output
    [count] = json.loads((tmp_path / "overlap.json").read_text())["counts"]
    assert count == {"evaluation": "sample.en", "kind": "question", "language": "en", "exact": 1, "near": 0}
    assert "Result: none of 1 rows" in invoke("data", "check", tmp_path / "clean", "--against", "sample.en").output


def test_check_refuses_half_a_wish_and_what_is_unknown(refused):
    check = ("data", "check", "sample", "--against")
    assert refused(*check, "sample", "--remove").startswith("--remove and --output-store belong together.")
    assert "smaple" in refused(*check, "smaple")
    assert refused(*check, "sample.en", "--texts", "answer").startswith("There are no texts called 'answer'.")
    assert refused(*check, "sample.en", "--threshold", "0.1") == "The threshold is 0.1. Give a number from 0.5 to 1."
