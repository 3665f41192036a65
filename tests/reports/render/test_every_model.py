import pytest
from rich.cells import cell_len
from rich.console import Console

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports import (
    Bar,
    Bars,
    Chart,
    Column,
    Curve,
    Entry,
    HeatMap,
    csv_table,
    draw,
    fragment,
    latex_table,
    make_table,
    markdown_table,
)
from beir_hybrid.reports.models.bars import DotRow, Dots
from beir_hybrid.reports.models.panels import Panel, Panels, Spot
from beir_hybrid.reports.render.terminal import rendered

MAP = printed("map")
MODELS = {
    "table": make_table("t", ["run", Column("mAP", MAP)], [["a", Entry(0.25, interval=(0.125, 0.5))]], ["A note."]),
    "heat map": HeatMap("t", "n", ("de",), ("en",), ((0.25,),), MAP),
    "bars": Bars("t", "n", (Bar("a", 0.25, "0.25"), Bar("b", 0.5, "0.5", place=None))),
    "dots": Dots("t", "n", ((0, "a"),), (DotRow("de", ((0, 0.25),), 0.5),)),
    "panels": Panels("t", "n", (("a", 0), ("b", None)), (Panel("p", "q", (Spot(0.25, "0.25", (0.1, 0.4)), None)),)),
    "chart": Chart("t", "x", "y", (Curve("a", ((1.0, 0.25), (2.0, 0.5)), 0),)),
}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]


@pytest.mark.parametrize("width", [20, 40, None])
def test_a_terminal_shows_every_model(model, width):
    screen = Console(width=width or 200)
    with screen.capture() as captured:
        screen.print(*rendered(model, width), sep="\n")
    lines = captured.get().splitlines()
    assert "25" in captured.get()
    assert all(cell_len(line.rstrip()) <= (width or 200) for line in lines)


def test_a_page_shows_every_model(model):
    assert "t" in fragment(model)
    assert fragment(model).lstrip().startswith("<")


@pytest.mark.parametrize("write", [csv_table, markdown_table, latex_table])
def test_text_has_every_number(model, write):
    assert "0.25" in write(model)


def test_pictures_show_every_model(model, tmp_path):
    [path] = draw(model, tmp_path / "p", formats=("svg",))
    assert "<svg" in path.read_text("utf-8")
