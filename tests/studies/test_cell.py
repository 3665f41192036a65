import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from beir_hybrid.errors import DataFormatError, MissingDataError
from beir_hybrid.storage.files import write_json
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.trial import Trial


@pytest.fixture
def cell(opened):
    return opened().cells[2]


def test_identity_is_that_of_the_whole_configuration(cell):
    same = Cell({"other": "values"}, cell.request, cell.trials)
    assert same.id == cell.id
    others = [
        replace(cell, request=replace(cell.request, scale=21.0)),
        replace(cell, request=replace(cell.request, arguments={**cell.arguments, "max_steps": 4})),
        replace(cell, trials=(replace(cell.trials[0], measures=("map",)),)),
        replace(cell, trials=(*cell.trials, Trial("more", "sample"))),
    ]
    assert len({cell.id, *(other.id for other in others)}) == 5
    assert len(cell.id) == 12


def test_file_reads_as_the_same_cell(cell, tmp_path):
    write_json(tmp_path / "cell.json", cell.as_json())
    assert Cell.load(tmp_path) == cell


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"schema": 2}, id="schema"),
        pytest.param({"schema": 1}, id="fields"),
        pytest.param([1], id="list"),
        pytest.param(
            {
                "schema": 1,
                "values": ["x"],
                "languages": [],
                "config": {"options": {}, "arguments": {}, "evaluations": []},
            },
            id="types",
        ),
        pytest.param({"schema": 1, "values": {}, "config": {"options": {}, "evaluations": [["x"]]}}, id="trial"),
    ],
)
def test_file_of_another_kind_is_refused(tmp_path, content):
    write_json(tmp_path / "cell.json", content)
    with pytest.raises(DataFormatError, match=r"cell\.json"):
        Cell.load(tmp_path)


def test_absent_file_is_told(tmp_path):
    with pytest.raises(MissingDataError, match=r"cell\.json"):
        Cell.load(tmp_path)


def test_state_follows_the_files(cell, tmp_path):
    assert cell.state(tmp_path / "absent") == "open"
    (tmp_path / "failed.json").touch()
    assert cell.state(tmp_path) == "failed"
    (tmp_path / "done.json").touch()
    assert cell.state(tmp_path) == "finished"
    (tmp_path / "failed.json").unlink()
    assert cell.state(tmp_path, keep_models=True) == "open"
    (tmp_path / "modules.json").touch()
    assert cell.state(tmp_path, keep_models=True) == "finished"


def test_command_spells_lists_and_spaces(cell):
    asked = {"train_data": ("a b.jsonl", "c.jsonl"), "query_prefix": "Q: ", "arguments": {"source_weights": [1, 2]}}
    words = shlex.split(replace(cell, request=replace(cell.request, **asked)).command())
    assert words[:2] == ["beir-hybrid", "train"]
    assert words[words.index("--train-data") :][:4] == ["--train-data", "a b.jsonl", "--train-data", "c.jsonl"]
    assert words[words.index("--languages") + 1] == "en,de"
    assert words[words.index("--query-prefix") + 1] == "Q: "
    assert words[-3:] == ["--source_weights", "1", "2"]


def test_command_does_the_same_training(cell, tmp_path, monkeypatch, read):
    from click.testing import CliRunner

    from beir_hybrid.cli.main import main
    from beir_hybrid.training.train import train

    trained = train(replace(cell.request, output=tmp_path / "ours"))
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, shlex.split(cell.command())[1:]).exit_code == 0
    assert read(Path("model/batches.json")) == read(trained.folder / "batches.json")
    assert Path("model/model.safetensors").read_bytes() == (trained.folder / "model.safetensors").read_bytes()
