import csv
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.image
import pytest

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.models.bars import Bar, Bars
from beir_hybrid.reports.models.curve import Chart, Curve
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.page.assets import write_assets
from beir_hybrid.reports.render.pictures import draw

HOSTILE = "<script>$x$</svg>\x1b&\"'"
MAP = HeatMap(HOSTILE, "n", ("de", "en"), ("de", "en"), ((0.5, None), (0.1, 0.9)), printed("map"), 0.1, 0.9)
CHART = Chart("t", "x", "y", (Curve(HOSTILE, ((1.0, 0.5), (5.0, 0.75)), 0, labels=("2", "3")),), logarithmic=True)
BARS = Bars("t", "n", (Bar(HOSTILE, 1.0, "1.0", (0.5, 1.5), 0), Bar("p", 2.0, "2.0", None, None)))


@pytest.mark.parametrize("picture", [MAP, CHART, BARS], ids=["map", "chart", "bars"])
def test_a_picture_is_a_png_a_pdf_and_an_svg_whose_text_stays_text(picture, tmp_path):
    png, svg, pdf = draw(picture, tmp_path / "p")
    pixels = matplotlib.image.imread(png)[..., :3]
    assert pixels.min() < 0.5 < pixels.max()
    texts = "".join(ElementTree.parse(svg).getroot().itertext())
    assert "<script>$x$" in texts  # shown, not run
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.pdf", "p.png", "p.svg"]
    assert b"/Type3" not in pdf.read_bytes()  # which LaTeX's readers do not embed


def test_every_number_of_a_map_is_in_its_picture(tmp_path):
    _, svg, _ = draw(MAP, tmp_path / "p")
    texts = [element.text for element in ElementTree.parse(svg).iter() if element.tag.endswith("}text")]
    assert {".500", ".100", ".900"} <= set(texts)


def test_the_same_picture_is_the_same_file(tmp_path):
    for one, other in zip(draw(CHART, tmp_path / "one"), draw(CHART, tmp_path / "other"), strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_every_table_and_picture_has_its_files(contents_of, make_results_of, tmp_path):
    contents = contents_of({"a/b": make_results_of(languages=("de", "en"), scores={"cross": {"map": 0.5}})})
    count = write_assets(contents, tmp_path)
    files = sorted(path.name for path in tmp_path.iterdir())
    pictures = {name.removesuffix(".png") for name in files if name.endswith(".png")}
    tables = {name.removesuffix(".tex") for name in files if name.endswith(".tex")}
    assert pictures == {"tiny-map-a-b", "tiny-main-result"}
    assert tables == {"tiny-summary", "tiny-cross"}
    assert count == len(pictures | tables)
    assert set(files) == {f"{name}.{end}" for name in pictures for end in ("png", "svg", "pdf", "csv")} | {
        f"{name}.{end}" for name in tables for end in ("csv", "md", "tex")
    }
    with (tmp_path / "tiny-map-a-b.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert float(rows[1][2]) == pytest.approx(make_results_of(languages=("de", "en")).settings["de-en"]["map"])


def test_runs_of_every_script_have_files_of_their_own_names(contents_of, make_results_of, tmp_path, monkeypatch):
    monkeypatch.setattr("beir_hybrid.reports.page.assets.draw", lambda piece, path, **_: Path(f"{path}.png").touch())
    runs = (
        "ばっち",
        "हिन्दी",
        "модель",
        "\N{ANGSTROM SIGN}",
        "\N{LATIN CAPITAL LETTER A WITH RING ABOVE}",
        "🙂",
        "x" * 300,
        "한" * 300,
    )
    write_assets(contents_of(dict.fromkeys(runs, make_results_of(languages=("de", "en")))), tmp_path)
    maps = {path.stem.removeprefix("tiny-map") for path in tmp_path.glob("tiny-map*.png")}
    assert {"-ばっち", "-हिन्दी", "-модель", "-å", "-å-2", ""} <= maps
    assert len(maps) == len(runs)
