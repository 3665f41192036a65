import json

import pytest

from beir_hybrid.storage.files import write_json


@pytest.fixture
def runs(make_results_of, tmp_path):
    """Two evaluations of a dataset that has published results."""
    for name, lift in (("base", 0.0), ("new", 0.1)):
        make_results_of(lift=lift, dataset="xquad-r", languages=("de", "en")).save(tmp_path / name)
    return [tmp_path / "base", tmp_path / "new"]


def test_a_page_is_written_from_evaluations(invoke, runs, tmp_path):
    result = invoke("report", *runs, "--output", tmp_path / "deep" / "report.html")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"Written to {tmp_path / 'deep' / 'report.html'}\n"
    page = (tmp_path / "deep" / "report.html").read_text(encoding="utf-8")
    assert "Retrieval on xquad-r" in page
    assert "new - base" in page
    assert "published" not in page.partition("</style>")[2]


def test_a_study_a_model_and_an_evaluation_can_be_mixed(invoke, runs, make_study, tmp_path):
    write_json(tmp_path / "model" / "run.json", {"schema": 1})
    make_study(tmp_path / "study", seeds=(1,))
    result = invoke("report", tmp_path / "study", runs[0], tmp_path / "model", "--output", tmp_path / "report.html")
    assert result.exit_code == 0, result.output
    assert "3 runs evaluated on tiny, xquad-r; 1 more only trained" in (tmp_path / "report.html").read_text(
        encoding="utf-8"
    )


def test_damaged_cells_are_told_and_the_others_shown(invoke, make_study, tmp_path):
    folder = make_study(tmp_path / "study")
    (folder / "cells" / f"{0:012x}" / "evaluations" / "tiny" / "results.json").write_text('{"schema": 99}')
    result = invoke("report", folder, "--output", tmp_path / "report.html")
    assert result.exit_code == 0, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("Not shown: scaling, x-x-mono, seed 1: ")
    assert "is not of schema version 1" in line
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "3 runs, in 2 groups" in page
    assert "is not of schema version 1" in page


def test_options_reach_the_page(invoke, runs, tmp_path):
    words = ["--reference", "paper", "--baseline", "new", "--measure", "recall@5", "--title", "My <title>"]
    result = invoke("report", *runs, "--output", tmp_path / "report.html", *words)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<title>My &lt;title&gt;</title>" in page
    assert "base - new" in page
    assert "recall@5 by language" in page
    assert "arXiv:2408.10536" in page


def test_assets_are_written_where_asked(invoke, runs, tmp_path):
    result = invoke("report", runs[0], "--output", tmp_path / "report.html", "--assets", tmp_path / "assets")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "assets").iterdir()}
    assert {"xquad-r-summary.tex", "xquad-r-summary.md", "xquad-r-map-base.png", "xquad-r-map-base.svg"} <= names
    count = int(result.stdout.splitlines()[1].split()[0])
    assert count == len({name.rpartition(".")[0] for name in names})


def test_overwrite_replaces_the_page(invoke, runs, tmp_path):
    (tmp_path / "report.html").write_text("old")
    result = invoke("report", runs[0], "--output", tmp_path / "report.html", "--overwrite")
    assert result.exit_code == 0, result.output
    assert "old" not in (tmp_path / "report.html").read_text(encoding="utf-8").split()


def test_an_existing_page_is_kept(refused, runs, tmp_path):
    (tmp_path / "report.html").write_text("old")
    line = refused("report", runs[0], "--output", "report.html")
    assert line == "report.html exists. Choose another file, or give --overwrite to replace it."


def test_a_folder_without_results_says_what_was_looked_for(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    line = refused("report", "empty", "--output", "report.html")
    assert line == (
        "empty holds no study.json, run.json or results.json. "
        "Give a folder that beir-hybrid study, train or evaluate --output wrote."
    )


def test_another_schema_version_is_refused(refused, runs):
    path = runs[0] / "results.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
    assert "is not of schema version 1" in refused("report", runs[0], "--output", "report.html")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--reference", "papers"], "There are no published results named 'papers'. Did you mean 'paper'?"),
        (["--baseline", "nwe"], "There is no run 'nwe'. Did you mean 'new'?"),
        (["--measure", "mpa"], "No run has the measure 'mpa'. Measured: map, "),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_unknown_names_are_refused(refused, runs, words, problem):
    assert refused("report", *runs, "--output", "report.html", *words).startswith(problem)


def test_no_folder_is_refused(refused):
    assert refused("report", "--output", "report.html").startswith("No folder is given.")
