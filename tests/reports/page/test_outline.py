import json
from pathlib import Path

import pytest

from beir_hybrid.reports.page.assets import write_assets
from beir_hybrid.reports.page.inputs import read_sources
from beir_hybrid.reports.page.outline import build_outline
from beir_hybrid.storage.files import write_json


@pytest.fixture
def outline(make_study, tmp_path):
    """Builds the outline of a study whose trainings logged some losses by kind of batch, by the strategy."""

    def build(losses):
        folder = make_study(tmp_path, seeds=(1,))
        for cell in folder.glob("cells/*"):
            strategy = json.loads((cell / "cell.json").read_text())["values"]["strategy"]
            content = json.loads((cell / "history.json").read_text())
            log = [{**row, **losses.get(strategy, {})} for row in content["log"]]
            write_json(cell / "history.json", {**content, "log": log})
        return build_outline(read_sources([folder]))

    return build


def test_losses_of_kinds_that_a_training_mixes_have_charts_of_their_own(outline):
    charts = outline({"hybrid": {"loss_x-y": 2.0, "loss_x-x-mono": 1.0}, "x-x-mono": {"loss_x-x-mono": 0.5}}).curves
    drawn = {chart.title: [curve.points[0][1] for curve in chart.curves] for chart in charts}
    assert list(drawn) == ["Training", "Batches of x-x-mono", "Batches of x-y"]
    assert (drawn["Batches of x-x-mono"], drawn["Batches of x-y"]) == ([0.5, 1.0], [2.0])


def test_one_kind_alone_is_the_whole_loss_and_has_no_chart(outline):
    assert [chart.title for chart in outline({"x-x-mono": {"loss_x-x-mono": 0.5}}).curves] == ["Training"]


def test_commit_is_that_of_the_evaluation_and_not_of_the_folder_where_the_page_is_made(contents_of, make_results_of):
    at = make_results_of(environment={"versions": {"python": "3.11"}, "commit": "abcdef012345"})
    assert dict(contents_of({"run": at}).environments[0].items)["commit"] == "abcdef012345"
    without = make_results_of(environment={"versions": {"python": "3.11"}})
    assert "commit" not in dict(contents_of({"run": without}).environments[0].items)


def test_everything_quick_says_so_in_its_title(contents_of, make_results_of):
    scores = {"cross": {"map": 0.5, "recall@1": 0.2, "recall@5": 0.4}}
    block = contents_of({run: make_results_of(quick=True, scores=scores) for run in ("a", "b")}).blocks[0]
    pieces = [block.summary, *block.full, *block.pairs, *block.differences, *block.recall, block.block, *block.bars]
    assert len(pieces) > 6
    assert [piece.title for piece in pieces if "(quick)" not in piece.title] == []


def test_files_of_quick_results_have_quick_in_their_names(make_study, tmp_path, monkeypatch):
    monkeypatch.setattr("beir_hybrid.reports.page.assets.draw", lambda piece, path, **_: Path(f"{path}.png").touch())
    folder = make_study(tmp_path / "study", quick=True)
    for path in folder.glob("cells/*/cell.json"):
        write_json(path, {**json.loads(path.read_text()), "quick": True})
    write_json(folder / "study.json", {**json.loads((folder / "study.json").read_text()), "quick": True})
    (tmp_path / "assets").mkdir()
    write_assets(build_outline(read_sources([folder])), tmp_path / "assets")
    names = sorted(path.stem for path in (tmp_path / "assets").glob("*.csv"))
    assert {"curves-training-quick", "cost-quick", "drawn-hybrid-quick", "tiny-quick-map-hybrid"} <= set(names)
    assert [name for name in names if name.count("quick") != 1] == []
