"""The script that draws the documentation's pictures, and whether the stored ones are what it draws."""

import re
import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def pictures():
    """The names of the script."""
    return runpy.run_path(str(DOCS / "pictures.py"))


def texts(path):
    """The words and numbers of a picture; where they stand depends on fonts."""
    return sorted(re.findall(r">([^<>]+)</text>", path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["draw_plans", "draw_batches", "draw_guard"])
def test_stored_pictures_are_what_the_sample_gives(name, pictures, tmp_path):
    pictures[name](tmp_path)
    drawn = sorted(tmp_path.glob("*.svg"))
    assert drawn
    for path in drawn:
        assert texts(path) == texts(DOCS / "images" / path.name), f"{path.name}: run docs/pictures.py"


@pytest.mark.slow
def test_two_models_rank_the_answers_of_every_language(pictures, tmp_path):
    pictures["draw_settings"](tmp_path, steps=2)
    words = [text for text in texts(tmp_path / "settings.svg") if not re.search(r"\d", text)]
    assert words == [text for text in texts(DOCS / "images" / "settings.svg") if not re.search(r"\d", text)]


def test_pages_show_pictures_that_are_there():
    shown = {
        (page.parent / target).resolve()
        for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+\.svg)\)", page.read_text(encoding="utf-8"))
    }
    assert {"batches.svg", "guard.svg", "plan-hybrid.svg", "plan-schedule.svg", "settings.svg"} <= {
        path.name for path in shown
    }
    assert all(path.is_file() for path in shown)
