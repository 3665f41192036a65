import json

import pytest

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
