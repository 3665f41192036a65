import shlex
from dataclasses import replace
from pathlib import Path

import pytest

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
        replace(cell, request=replace(cell.request, arguments={**cell.config.arguments, "max_steps": 4})),
        replace(cell, trials=(replace(cell.trials[0], measures=("map",)),)),
        replace(cell, trials=(*cell.trials, Trial("more", "sample"))),
    ]
    assert len({cell.id, *(other.id for other in others)}) == 5
    assert len(cell.id) == 12


def test_identities_are_those_of_earlier_versions(opened):
    """So that a study resumes with the cells that an earlier version finished."""
    ids = [cell.id for cell in opened().cells]
    assert ids == ["4170f4759456", "43c0404be77a", "6ca30d9e11ae", "36c38ed1be14"]


def test_debiasing_is_part_of_the_identity_where_it_is_asked_for(cell):
    changed = replace(cell, trials=(replace(cell.trials[0], debias="center"),))
    fitted = replace(cell, trials=(replace(cell.trials[0], debias="center", debias_on="sample"),))
    assert len({cell.id, changed.id, fitted.id}) == 3


def test_command_spells_lists_and_spaces(cell):
    asked = {"train_data": ("a b.jsonl", "c.jsonl"), "query_prefix": "Q: ", "arguments": {"source_weights": [1, 2]}}
    words = shlex.split(replace(cell, request=replace(cell.request, **asked)).record.command)
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
    assert CliRunner().invoke(main, shlex.split(cell.record.command)[1:]).exit_code == 0
    assert read(Path("model/batches.json")) == read(trained.folder / "batches.json")
    assert Path("model/model.safetensors").read_bytes() == (trained.folder / "model.safetensors").read_bytes()
