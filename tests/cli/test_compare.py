from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import Results

GROUPS = tuple(f"g{number}" for number in range(60))


def make(model, shift=0.0, **fields):
    rng = np.random.default_rng(0)
    noise = np.random.default_rng(len(model))
    settings = []
    for name, kind in (("de", "mono"), ("en", "mono"), ("de-en", "cross")):
        values = {
            "map": rng.random(60) + noise.normal(shift, 0.02, 60),
            "recall@1": rng.integers(0, 2, 60).astype(float),
        }
        settings.append(SettingValues(name, kind, tuple(f"{name}:{group}" for group in GROUPS), GROUPS, values))
    values = QueryValues(tuple(settings))
    data = {"queries": "1", "passages": "2", "qrels": "3"}
    results = Results("tiny", model, "sentence", ("de", "en"), values.macro(), values.means(), data=data, values=values)
    return replace(results, **fields)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    make("base").save(tmp_path / "base")
    make("better", 0.1).save(tmp_path / "up")
    make("same").save(tmp_path / "same")
    make("other", passage_text="sentence+context").save(tmp_path / "other")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_differences_are_printed_by_kind(invoke, runs):
    result = invoke("compare", "base", "up", "same")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.strip() for line in lines if "against" in line] == [
        "Monolingual, mean of 2 settings, 60 questions, against base",
        "Cross-lingual, mean of 1 setting, 60 questions, against base",
    ]
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    assert [(row[0], row[1], row[-1]) for row in rows[:4]] == [
        ("mAP", "up", "better"),
        ("mAP", "same", "not shown"),
        ("recall@1", "up", "not shown"),
        ("recall@1", "same", "not shown"),
    ]
    assert "the 8 tests of all kinds, measures and runs" in result.stdout


def test_a_run_that_cannot_be_compared_is_named_and_the_others_compared(invoke, runs):
    result = invoke("compare", "base", "other", "up", "--measures", "map")
    assert result.exit_code == 0, result.output
    reason = "other passages: their text is sentence+context, not sentence"
    assert f"other cannot be compared with base: {reason}." in result.stdout
    assert "up" in result.stdout
    assert "recall" not in result.stdout


def test_settings_are_printed_when_asked_for(invoke, runs):
    result = invoke("compare", "base", "up", "--by-setting", "--settings", "tiny.de,de-en")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("by setting, 60 questions, up against base") == 2
    assert "│ de-en   │ mAP" in result.stdout
    assert "│ en  " not in result.stdout


def test_the_baseline_can_be_chosen_and_the_result_written(invoke, runs):
    result = invoke("compare", "up", "base", "--baseline", "./base", "--output", "found.json")
    assert result.exit_code == 0, result.output
    assert "Written to found.json" in result.stdout
    content = json.loads((runs / "found.json").read_text())
    assert content["baseline"] == "base"
    assert content["models"] == {"base": "base", "up": "better"}
    again = invoke("compare", "up", "base", "--output", "found.json", "--overwrite")
    assert again.exit_code == 0
    assert json.loads((runs / "found.json").read_text())["baseline"] == "up"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Folders given: 0. Name at least two"),
        (["base"], "Folders given: 1. Name at least two"),
        (["base", "base"], "The folder base is given twice"),
        (["base", "./up/../base"], "is given twice"),
        (["base", "none"], "There is no folder none. Give one that beir-hybrid evaluate --output wrote."),
        (["base", "up", "--baseline", "same"], "The baseline same is not among the folders"),
        (["base", "other"], "No run can be compared with base (other: other passages"),
        (["base", "up", "--measures", "mapp"], "No run has the measure 'mapp'. Did you mean 'map'"),
        (["base", "up", "--measures", ","], "--measures is ',', which names nothing"),
        (["base", "up", "--settings", "fr"], "No run has the setting 'fr'"),
        (["base", "up", "--output", "found.txt"], "found.txt ends in '.txt'"),
        (["base", "up", "--output", "base/results.json"], "base/results.json exists"),
    ],
)
def test_bad_requests_are_refused_in_one_line(refused, runs, words, message):
    assert message in refused("compare", *words)


def test_a_folder_without_the_values_of_its_queries_is_refused(refused, runs):
    (runs / "up" / "queries.parquet").unlink()
    assert "up holds no values of its queries" in refused("compare", "base", "up")


def test_a_damaged_folder_is_refused(refused, runs):
    (runs / "up" / "queries.parquet").write_bytes(b"PAR1")
    assert "queries.parquet is no whole Parquet file" in refused("compare", "base", "up")
