import json
from dataclasses import replace
from pathlib import Path

import pytest

from beir_hybrid.errors import BeirHybridError, DataFormatError, OutputError
from beir_hybrid.studies.record import Failure
from beir_hybrid.studies.study_folder import read_study_record


def test_new_folder_and_that_of_a_study_are_taken(opened):
    folder = opened()
    folder.check()
    folder.write(folder.record())
    folder.check()


def test_folder_with_other_things_is_refused(opened):
    folder = opened()
    folder.path.mkdir()
    (folder.path / "thesis.tex").touch()
    with pytest.raises(OutputError, match="holds other things"):
        folder.check()


def test_file_in_its_place_is_refused(opened):
    folder = opened()
    folder.path.touch()
    with pytest.raises(OutputError, match="is a file"):
        folder.check()


def test_study_of_another_schema_is_refused(opened):
    folder = opened()
    folder.write(folder.record())
    path = folder.path / "study.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    with pytest.raises(DataFormatError, match="not of schema version 1"):
        folder.check()


def test_two_at_once_are_refused(opened):
    folder = opened()
    with folder.locked(), pytest.raises(OutputError, match="Another process is writing the study in"), folder.locked():
        pass
    with folder.locked():
        pass


def test_file_tells_the_whole_study(opened, read):
    folder = opened()
    folder.write(replace(folder.record(), remarks=("A remark.",)))
    content = read(folder.path / "study.json")
    assert (content["schema"], content["name"], content["question"]) == (1, "mini", "Is hybrid better?")
    assert content["cells"] == [cell.id for cell in folder.cells]
    assert content["study"]["grid"] == {"strategy": ["x-x-mono", "hybrid"], "seed": [1, 2]}
    assert content["remarks"] == ["A remark."]
    assert read_study_record(folder.path) == folder.record()


def test_cell_begins_with_an_empty_folder(opened):
    folder = opened()
    cell = folder.cells[0]
    kept = folder.of(cell)
    kept.fail(Failure("e", "h"))
    assert (folder.state(cell), kept.failure()) == ("failed", Failure("e", "h"))
    kept.evaluation("sample").mkdir(parents=True)
    kept.begin(cell)
    assert [path.name for path in kept.path.iterdir()] == ["cell.json"]
    assert folder.state(cell) == "open"


def test_seconds_are_those_of_finished_cells(opened, evaluated):
    folder = opened()
    assert folder.seconds() == []
    evaluated(folder)(folder.cells[1], {"en": {"map": [1.0, 0.0]}})
    (folder.of(folder.cells[1]).path / "other.json").touch()
    assert folder.seconds() == [4.0]


def test_full_disk_is_told_in_one_line(opened, monkeypatch):
    folder = opened()

    def full(path, *given, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(BeirHybridError, match=r"study\.json cannot be written: No space left on device\. Free space"):
        folder.write(folder.record())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: mini", "name: other", "'mini' is not 'other' (other name)"),
        ("seed: [1, 2]", "seed: [1, 2, 3]", "(other grid)"),
        ("max_steps: 3", "max_steps: 4", "(other train)"),
        ("measures: [map, rank_distance]", "measures: [map, rank_distance, mrr]", "(other evaluate)"),
    ],
)
def test_folder_of_another_study_is_refused(opened, mini, old, new, told):
    opened().write(opened().record())
    before = (opened().path / "study.json").read_text()
    assert old in mini
    other = opened(mini.replace(old, new))
    with pytest.raises(OutputError) as caught:
        other.check()
    assert "holds another study: 'mini' is not" in str(caught.value)
    assert told in str(caught.value)
    assert (other.path / "study.json").read_text() == before


def test_other_claims_are_no_other_study(opened, mini):
    opened().write(opened().record())
    opened(mini.replace("Hybrid differs", "Hybrid is better")).check()


def test_cells_are_named_by_their_ids(opened):
    folder = opened()
    folder.path.mkdir()
    (folder.path / "study.json").write_text('{"schema": 1, "cells": ["../elsewhere"]}')
    with pytest.raises(DataFormatError, match=r"cells has '\.\./elsewhere'"):
        folder.check()


def test_study_without_a_readable_content_is_another(opened):
    folder = opened()
    folder.path.mkdir()
    (folder.path / "study.json").write_text('{"schema": 1, "name": "mini", "study": {"train": 3}}')
    with pytest.raises(OutputError, match="other content"):
        folder.check()


@pytest.fixture
def finished(opened, evaluated):
    """A study's folder whose first cell is finished, and the folder of that cell's evaluation."""
    folder = opened()
    evaluated(folder)(folder.cells[0], {"en": {"map": [1.0, 0.0]}, "en-de": {"map": [0.5, 0.25]}})
    assert folder.state(folder.cells[0]) == "finished"
    return folder, folder.of(folder.cells[0]).path / "evaluations" / "sample"


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content["scores"].pop("cross"), id="no-kind"),
        pytest.param(lambda content: content["scores"]["cross"].pop("map"), id="no-measure"),
        pytest.param(lambda content: content["scores"].update(cross=None), id="null-kind"),
        pytest.param(lambda content: content["scores"]["mono"].update(map="0.5"), id="text"),
        pytest.param(lambda content: content["settings"]["en"].update(map=None), id="null"),
        pytest.param(lambda content: content["settings"].update(en=None), id="null-setting"),
        pytest.param(lambda content: content["settings"].pop("en"), id="no-setting"),
        pytest.param(lambda content: content.update(languages=[1]), id="languages"),
    ],
)
def test_cell_whose_results_are_wrong_inside_is_not_finished(finished, damage):
    folder, evaluation = finished
    content = json.loads((evaluation / "results.json").read_text())
    damage(content)
    (evaluation / "results.json").write_text(json.dumps(content))
    assert folder.state(folder.cells[0]) == "open"


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.unlink(), id="missing"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-9]), id="cut-off"),
        pytest.param(lambda path: path.write_text("no table"), id="other"),
    ],
)
def test_cell_whose_query_values_cannot_be_read_is_not_finished(finished, damage):
    folder, evaluation = finished
    damage(evaluation / "queries.parquet")
    assert folder.state(folder.cells[0]) == "open"


def test_results_that_stay_are_read_once(finished, monkeypatch):
    from beir_hybrid.studies import study_folder as module

    folder, _ = finished
    monkeypatch.setattr(module, "load_results", lambda folders: pytest.fail("read again"))
    assert folder.state(folder.cells[0]) == "finished"


@pytest.mark.parametrize("seconds", ['"x"', "null", "Infinity", "[]"])
def test_seconds_that_are_no_number_are_not_counted(finished, seconds):
    folder, _ = finished
    (folder.of(folder.cells[0]).path / "done.json").write_text(f'{{"schema": 1, "seconds": {seconds}}}')
    assert folder.seconds() == []


def test_cells_without_a_study_file_are_taken_again(finished):
    folder, _ = finished
    with folder.locked():
        folder.check()
    assert folder.state(folder.cells[0]) == "finished"


def test_damaged_study_file_is_told_without_harm_to_its_cells(opened):
    folder = opened()
    folder.path.mkdir()
    (folder.path / "study.json").write_text("{")
    with pytest.raises(DataFormatError, match="Remove the file, and run the study again"):
        folder.check()
