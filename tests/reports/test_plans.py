import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.batching.forecast import forecast
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.pairs.index import ExampleIndex
from beir_hybrid.reports import plans


def planned(strategy="hybrid", name="tiny", languages=("de", "en"), steps=30):
    index = ExampleIndex.parallel(languages, np.ones((12, len(languages)), bool), name=name)
    return forecast(BatchPlan(index, build_strategy(strategy), 4, epochs=5), steps)


def texts(path):
    """All texts of an SVG file."""
    return ["".join(node.itertext()).strip() for node in ElementTree.parse(path).iter() if node.tag.endswith("}text")]


def test_map_shows_every_count_and_language(tmp_path):
    found = planned()
    plans.plot_forecast(found, tmp_path / "plan.svg")
    shown = texts(tmp_path / "plan.svg")
    for count in found.drawn.pairs.values():
        assert str(count) in shown
    assert shown.count("de") == shown.count("en") == 2  # on both axes
    assert {"question", "passage"} <= set(shown)


def test_title_says_strategy_steps_and_false_negatives(tmp_path):
    plans.plot_forecast(planned("hybrid(alpha=0.3)"), tmp_path / "plan.svg")
    shown = " ".join(texts(tmp_path / "plan.svg"))
    assert "hybrid(alpha=0.3): 30 steps of 4 examples (5.00 epochs)" in shown
    assert "0 false negatives avoided, 0 answers repeated" in shown
    assert "left out" not in shown


def test_title_tells_avoided_and_kept_false_negatives_apart(tmp_path):
    found = planned()
    found.drawn.replaced, found.drawn.repeated, found.drawn.left_out = 1002, 3004, 5006
    plans.plot_forecast(found, tmp_path / "plan.svg")
    shown = " ".join(texts(tmp_path / "plan.svg"))
    assert "1,002 false negatives avoided, 3,004 answers repeated, 5,006 hard negatives left out" in shown


def test_bars_say_kinds_and_passes(tmp_path):
    found = planned("x-y")
    plans.plot_forecast(found, tmp_path / "plan.svg")
    shown = texts(tmp_path / "plan.svg")
    assert {"x-y", "100.0%, 30 batches", "tiny", "100.0%, 5.00 passes"} <= set(shown)


@pytest.mark.parametrize(("strategy", "expected"), [("sequential", True), ("schedule", True), ("hybrid", False)])
def test_course_is_drawn_where_the_strategy_changes(tmp_path, strategy, expected):
    plans.plot_forecast(planned(strategy), tmp_path / "plan.svg")
    assert ("Share of kinds over the training" in texts(tmp_path / "plan.svg")) is expected


def test_png_is_an_image_that_grows_with_the_languages(tmp_path):
    plans.plot_forecast(planned(), tmp_path / "few.png")
    plans.plot_forecast(planned(languages=tuple(f"l{number}" for number in range(20))), tmp_path / "many.PNG")
    few, many = matplotlib.image.imread(tmp_path / "few.png"), matplotlib.image.imread(tmp_path / "many.PNG", "png")
    assert few.std() > 0.1
    assert many.shape[0] > few.shape[0]
    assert many.shape[1] > few.shape[1]


def test_same_plan_gives_the_same_file(tmp_path):
    for name in ("one.svg", "two.svg", "one.png", "two.png"):
        plans.plot_forecast(planned("schedule"), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_odd_names_are_drawn_as_they_are(tmp_path):
    plans.plot_forecast(planned(name="$x_{1}$ & 数据"), tmp_path / "plan.svg")
    assert "$x_{1}$ & 数据" in texts(tmp_path / "plan.svg")
    plans.plot_forecast(planned(name="数据"), tmp_path / "plan.png")  # the font lacks these letters
    assert (tmp_path / "plan.png").stat().st_size > 0


def test_unknown_format_is_refused_and_nothing_written(tmp_path):
    with pytest.raises(ConfigurationError, match=re.escape("End it in .png or .svg or .pdf")):
        plans.plot_forecast(planned(), tmp_path / "plan.gif")
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="is a file"):
        plans.plot_forecast(planned(), tmp_path / "file" / "plan.png")


def test_failed_plot_leaves_the_old_file(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError

    (tmp_path / "plan.png").write_text("old")
    monkeypatch.setattr(plans, "draw_on", fail)
    with pytest.raises(RuntimeError):
        plans.plot_forecast(planned(), tmp_path / "plan.png")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("plan.png", "old")]


def test_no_display_is_needed(tmp_path):
    program = (
        "import numpy as np, sys; from pathlib import Path\n"
        "from beir_hybrid.pairs.index import ExampleIndex\n"
        "from beir_hybrid.batching.plan import BatchPlan\n"
        "from beir_hybrid.batching.strategies.build import build_strategy\n"
        "from beir_hybrid.batching.forecast import forecast\n"
        "from beir_hybrid.reports.plans import plot_forecast\n"
        "index = ExampleIndex.parallel(('en',), np.ones((4, 1), bool))\n"
        "plot_forecast(forecast(BatchPlan(index, build_strategy('en-en'), 2)), Path(sys.argv[1]))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    words = [sys.executable, "-c", program, str(tmp_path / "plan.png")]
    ended = subprocess.run(words, capture_output=True, text=True, env={"MPLBACKEND": "TkAgg", "HOME": str(tmp_path)})
    assert ended.stdout == "False\n", ended.stderr


def test_the_map_of_examples_counts_them_by_languages():
    drawn = DrawSummary(
        strategy="Hybrid(alpha=0.5)",
        batches=8,
        kinds=Counter({"mono": 5, "cross": 3}),
        pairs=Counter({("de", "de"): 30, ("de", "en"): 18, ("en", "en"): 16}),
        replaced=2,
    )
    found = plans.examples_map(drawn)
    assert (found.title, found.down, found.across) == ("Examples drawn by Hybrid(alpha=0.5)", "question", "passage")
    assert [list(map(found.written, row)) for row in found.values] == [["30", "18"], ["·", "16"]]
    assert "cross 37.5%, mono 62.5%; 2 false negatives avoided" in found.note
    assert "repeated" not in found.note
    assert "left out" not in found.note


def test_the_map_of_examples_tells_avoided_and_kept_false_negatives_apart():
    drawn = DrawSummary("x-y", 1, Counter({"x-y": 1}), replaced=2, repeated=3, left_out=5)
    note = plans.examples_map(drawn).note
    assert "2 false negatives avoided, 3 answers repeated, 5 hard negatives left out" in note


def test_several_files_are_drawn_at_once_with_or_without_the_title(tmp_path):
    paths = [tmp_path / name for name in ("plan.svg", "plan.pdf", "plan.png")]
    plans.plot_forecast(planned("x-y"), *paths, titled=False)
    assert all(path.is_file() for path in paths)
    assert not any("30 steps" in text for text in texts(paths[0]))


def test_padding_is_told_where_it_is_known(tmp_path):
    assert plans.padding_sentence(planned()) == ""
    known = replace(planned(), slots_per_token=1.66)
    assert plans.padding_sentence(known) == "about 1.7 slots for every token where texts are padded"
    plans.plot_forecast(known, tmp_path / "plan.svg")
    assert any("about 1.7 slots" in text for text in texts(tmp_path / "plan.svg"))
