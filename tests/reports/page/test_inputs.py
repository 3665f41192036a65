import json
import shutil

import pytest

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.reports.groups import groups_of
from beir_hybrid.reports.page.inputs import Sources, read_sources
from beir_hybrid.storage.files import write_json
from beir_hybrid.studies.record import CellCost


def change(path, **fields):
    write_json(path, {**json.loads(path.read_text()), **fields})


def test_an_evaluation_is_a_run_named_as_its_folder(make_results_of, tmp_path):
    make_results_of().save(tmp_path / "mine")
    [run] = read_sources([tmp_path / "mine"]).runs
    assert run.name == "mine"
    assert run.evaluations == {"tiny": make_results_of()}


def test_an_evaluation_inside_a_model_is_named_as_the_model(make_results_of, tmp_path):
    write_json(tmp_path / "model" / "run.json", {"schema": 1})
    make_results_of().save(tmp_path / "model" / "tiny")
    [run] = read_sources([tmp_path / "model" / "tiny"]).runs
    assert run.name == "model"


def test_a_trained_model_brings_its_evaluations_and_what_it_drew(make_results_of, tmp_path):
    folder = tmp_path / "model"
    write_json(folder / "run.json", {"schema": 1, "options": {"model": "static"}, "arguments": {}})
    drawn = {"pairs": {"de-en": 4}, "kinds": {"x-y": 1}, "sources": {"tiny": 1}, "examples": 4}
    write_json(folder / "batches.json", {"schema": 1, "drawn": drawn})
    write_json(folder / "training.json", {"schema": 1, "steps": 7, "seconds": 1.5})
    make_results_of().save(folder / "one")
    make_results_of(dataset="else").save(folder / "evaluations" / "two")
    [run] = read_sources([folder]).runs
    assert list(run.evaluations) == ["two", "one"] or list(run.evaluations) == ["one", "two"]
    assert run.drawn == drawn
    assert run.cost == CellCost({"train": 1.5}, steps=7, examples=4)


def test_a_study_gives_its_cells_in_grid_order(make_study, tmp_path):
    sources = read_sources([make_study(tmp_path)])
    assert [run.name for run in sources.runs] == [
        "x-x-mono, seed 1",
        "x-x-mono, seed 2",
        "hybrid, seed 1",
        "hybrid, seed 2",
    ]
    [study] = sources.studies
    assert (study.record.name, len(study.record.cells), study.finished, len(study.record.verdicts)) == (
        "scaling",
        4,
        4,
        2,
    )
    assert sources.failures == ()


def test_cells_without_results_are_told_and_not_shown(make_study, tmp_path):
    folder = make_study(tmp_path)
    first, second, *_ = sorted((folder / "cells").iterdir())
    (first / "done.json").unlink()
    (second / "done.json").unlink()
    write_json(second / "failed.json", {"schema": 1, "error": "The disk is full.", "hint": "Make room."})
    sources = read_sources([folder])
    assert [run.name for run in sources.runs] == ["hybrid, seed 1", "hybrid, seed 2"]
    assert [(failure.name, failure.reason) for failure in sources.failures] == [
        ("x-x-mono, seed 1", "Not finished."),
        ("x-x-mono, seed 2", "The disk is full. Make room."),
    ]


def test_cells_that_have_not_started_are_counted(make_study, tmp_path):
    folder = make_study(tmp_path)
    for cell in sorted((folder / "cells").iterdir())[:2]:
        shutil.rmtree(cell)
    sources = read_sources([folder])
    [failure] = sources.failures
    assert (failure.name, failure.reason, failure.cells) == ("2 cells", "Not started.", 2)
    assert sources.studies[0].finished == 2


@pytest.mark.parametrize("text", ['{"schema": 9}', '{"schema": 1', "[]", '{"schema": 1, "dataset": "tiny"}'])
def test_a_damaged_cell_is_told_and_the_others_are_shown(make_study, tmp_path, text):
    folder = make_study(tmp_path)
    damaged = folder / "cells" / f"{1:012x}" / "evaluations" / "tiny" / "results.json"
    damaged.write_text(text)
    sources = read_sources([folder])
    assert [run.name for run in sources.runs] == ["x-x-mono, seed 1", "hybrid, seed 1", "hybrid, seed 2"]
    [failure] = sources.failures
    assert failure.name == "x-x-mono, seed 2"
    assert str(damaged) in failure.reason
    assert sources.studies[0].finished == 4


def test_a_cell_without_a_readable_description_bears_its_id(make_study, tmp_path):
    folder = make_study(tmp_path)
    (folder / "cells" / f"{1:012x}" / "cell.json").write_text("{")
    [failure] = read_sources([folder]).failures
    assert failure.name == f"{1:012x}"


def test_evaluations_of_the_same_data_are_runs_of_their_own(make_results_of, tmp_path):
    names = []
    for above in ("a", "b"):
        folder = tmp_path / above / "model"
        write_json(folder / "run.json", {"schema": 1})
        write_json(folder / "training.json", {"schema": 1, "steps": 7, "seconds": 1.5})
        make_results_of().save(folder / "exact")
        make_results_of(lift=0.1).save(folder / "evaluations" / "exact")
        make_results_of(dataset="else").save(folder / "else")
        runs = read_sources([folder]).runs
        names.append([run.name for run in runs])
        assert list(runs[0].evaluations) == ["else"] and runs[0].cost.steps == 7
        assert len(groups_of(Sources(runs))) == 3
    assert names[0] == names[1] == ["model", "model/exact", "model/evaluations/exact"]
    both = read_sources([tmp_path / "a" / "model", tmp_path / "b" / "model"])
    assert len({run.name for run in both.runs}) == len(groups_of(both)) == 6


def test_a_model_whose_evaluations_are_all_damaged_is_refused(tmp_path):
    write_json(tmp_path / "run.json", {"schema": 1})
    write_json(tmp_path / "bad" / "results.json", {"schema": 9})
    with pytest.raises(DataFormatError, match="not of schema version 1"):
        read_sources([tmp_path])


def test_a_study_without_a_finished_cell_is_refused(make_study, tmp_path):
    folder = make_study(tmp_path)
    for path in folder.glob("cells/*/done.json"):
        path.unlink()
    with pytest.raises(MissingDataError, match="no finished cell"):
        read_sources([folder])


def test_runs_of_one_name_are_told_apart(make_results_of, make_study, tmp_path):
    for above in ("a", "b"):
        make_results_of().save(tmp_path / above / "same")
    names = [run.name for run in read_sources([tmp_path / "a" / "same", tmp_path / "b" / "same"]).runs]
    assert names == [str(tmp_path / "a" / "same"), str(tmp_path / "b" / "same")]
    studies = [make_study(tmp_path / name, ("hybrid",), seeds=(1,), name=name) for name in ("one", "two")]
    assert [run.name for run in read_sources(studies).runs] == ["one: hybrid, seed 1", "two: hybrid, seed 1"]


def test_no_folder_and_one_given_twice_are_refused(make_results_of, tmp_path):
    with pytest.raises(ConfigurationError, match="No folder"):
        read_sources([])
    make_results_of().save(tmp_path / "a")
    with pytest.raises(ConfigurationError, match="twice"):
        read_sources([tmp_path / "a", tmp_path / "b" / ".." / "a"])


def test_a_folder_without_results_says_what_was_looked_for(make_results_of, tmp_path):
    with pytest.raises(MissingDataError, match=r"holds no study.json, run.json or results.json. Give a folder that"):
        read_sources([tmp_path])
    make_results_of().save(tmp_path / "inside")
    with pytest.raises(MissingDataError, match=rf"Its folders do: give {tmp_path / 'inside'}$"):
        read_sources([tmp_path])
    with pytest.raises(MissingDataError, match="holds no"):
        read_sources([tmp_path / "missing"])


@pytest.mark.parametrize(
    ("file", "fields", "problem"),
    [
        ("study.json", {"schema": 2}, "study.json is not of schema version 1"),
        ("study.json", {"cells": "all"}, "cells is 'all', not a list"),
        ("study.json", {"cells": ["../elsewhere"]}, "not a cell's id"),
        ("study.json", {"verdicts": ["yes"]}, r"verdicts\[0\] is 'yes', not a mapping"),
        ("study.json", {"verdicts": [{"claim": ["<b>"]}]}, r"verdicts\[0\]\.claim is \['<b>'\], not a text"),
        ("study.json", {"verdicts": [{"claim": "c"}]}, r"has no verdicts\[0\]\.evaluation"),
        ("cells/000000000000/batches.json", {"drawn": {"pairs": 3}}, "does not say what was drawn"),
        ("cells/000000000000/batches.json", {"schema": 7}, "batches.json is not of schema version 1"),
        ("cells/000000000000/history.json", {"log": ["<i>"]}, "log is not a list of steps"),
        ("cells/000000000000/evaluations/tiny/results.json", {"schema": 9}, "not of schema version 1"),
        (
            "cells/000000000000/evaluations/tiny/results.json",
            {"scores": {"mono": {"map": "<b>"}}},
            "'<b>' in its sc",
        ),
        ("cells/000000000000/evaluations/tiny/results.json", {"settings": {"de": {"map": None}}}, "None in its set"),
        ("cells/000000000000/evaluations/tiny/results.json", {"settings": [1]}, r"\[1\] in its settings"),
        ("cells/000000000000/evaluations/tiny/results.json", {"passages": {"de": "x"}}, "'x' in its passages"),
        ("cells/000000000000/evaluations/tiny/results.json", {"environment": 3}, "3 in its environment"),
        ("cells/000000000000/evaluations/tiny/results.json", {"languages": [1]}, "1 in its languages"),
        ("cells/000000000000/evaluations/tiny/results.json", {"intervals": {"scores": 1}}, "1 in its intervals"),
        ("study.json", {"study": {"show": ["worst"]}, "summary": [3]}, r"summary\[0\] is 3, not a mapping"),
        (
            "cells/000000000000/evaluations/tiny/results.json",
            {"intervals": {"scores": {"mono": {"map": [0.1]}}}},
            r"the interval \[0.1\]",
        ),
    ],
)
def test_damaged_files_are_refused_in_one_line(make_study, tmp_path, file, fields, problem):
    folder = make_study(tmp_path, ("hybrid",), seeds=(1,))
    change(folder / file, **fields)
    with pytest.raises(DataFormatError, match=problem) as caught:
        read_sources([folder])
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_cut_off_is_refused(make_study, tmp_path):
    folder = make_study(tmp_path)
    (folder / "study.json").write_text('{"schema": 1')
    with pytest.raises(DataFormatError, match=r"study\.json cannot be read"):
        read_sources([folder])


@pytest.mark.parametrize("inner", ["tiny", "evaluations/other"])
def test_an_evaluation_is_not_shown_twice_with_its_model(make_results_of, tmp_path, inner):
    model = tmp_path / "model"
    write_json(model / "run.json", {"schema": 1})
    make_results_of().save(model / inner)
    assert len(read_sources([model]).runs) == 1
    for folders in ([model, model / inner], [model / inner, model]):
        with pytest.raises(ConfigurationError, match=rf"model/{inner} is part of .*model, which is given too"):
            read_sources(folders)


def test_a_cell_is_not_shown_twice_with_its_study(make_study, tmp_path):
    study = make_study(tmp_path / "study")
    cell = next((study / "cells").iterdir())
    for inner in (cell, next((cell / "evaluations").iterdir())):
        with pytest.raises(ConfigurationError, match=r"is part of .*study, which is given too"):
            read_sources([study, inner])


def test_folders_that_only_lie_in_another_are_runs_of_their_own(make_results_of, tmp_path):
    model = tmp_path / "model"
    write_json(model / "run.json", {"schema": 1})
    make_results_of().save(model / "deep" / "er" / "tiny")
    assert len(read_sources([model, model / "deep" / "er" / "tiny"]).runs) == 2
