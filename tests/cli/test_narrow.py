"""What a narrow terminal shows: every number and every name whole."""

import json
import re

import pytest
from rich.cells import cell_len

from beir_hybrid.datasets import load_pairs
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.training.base_models import static_model

WIDTHS = pytest.mark.parametrize("width", [80, 100, 120])
NAMES = ("base", "a-model-with-a-name-that-is-far-too-long-for-any-table/checkpoint-12345", "third")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Evaluations of three untrained models by the default measures and those of bias."""
    from click.testing import CliRunner

    from beir_hybrid.cli.main import main

    above = tmp_path_factory.mktemp("narrow")
    pairs = load_pairs("sample", languages=["de", "en", "th"])
    for place, name in enumerate(NAMES):
        static_model(pairs, dimensions=4 + 2 * place).save_pretrained(str(above / "models" / name))
        words = ["evaluate", "--model", above / "models" / name, "--dataset", "sample", "--languages", "de,en,th"]
        words += ["--measures", "default,bias", "--no-cache", "--output", above / name.replace("/", "-")]
        result = CliRunner().invoke(main, [str(word) for word in words])
        assert result.exit_code == 0, result.output
    return [above / name.replace("/", "-") for name in NAMES]


@pytest.fixture
def lines(invoke, monkeypatch):
    """Run a command in a terminal so wide; no line is wider, and nothing is cut."""
    monkeypatch.setenv("FORCE_COLOR", "1")

    def run(width, *words):
        monkeypatch.setenv("COLUMNS", str(width))
        result = invoke(*words)
        assert result.exit_code == 0, result.output
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", result.stdout).splitlines()
        tables = [line for line in plain if not line.endswith(".")]  # a terminal breaks sentences by itself
        assert [line for line in tables if cell_len(line) > width or "…" in line] == []
        return plain

    return run


@WIDTHS
def test_evaluations_show_every_measure_and_mean(lines, folders, width, tmp_path):
    words = ("--model", folders[0].parent / "models" / NAMES[1], "--dataset", "sample", "--languages", "de,en,th")
    shown = " ".join(lines(width, "evaluate", *words, "--measures", "default,bias", "--no-cache", "--output", tmp_path))
    results = json.loads((tmp_path / "results.json").read_text())
    for scores in results["scores"].values():
        for name, value in scores.items():
            if "[" not in name:
                assert printed(name).brief(value) in shown.split()
                assert printed(name).title in shown or printed(name).title.rpartition(" ")[2] in shown.split()


@WIDTHS
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("by_setting", [False, True], ids=["by kind", "by setting"])
def test_comparisons_show_every_difference_and_the_number_of_questions(
    lines, folders, width, count, by_setting, tmp_path
):
    words = [*folders[:count], "--output", tmp_path / "found.json", *(["--by-setting"] if by_setting else [])]
    shown = lines(width, "compare", *words)
    numbers = " ".join(shown).split()
    found = json.loads((tmp_path / "found.json").read_text())
    for contrast in (*found["kinds"], *found["settings"]):
        look = printed(contrast["measure"])
        digits = look.digits([contrast["difference"]], brief=True)
        assert look.brief(contrast["difference"], True, digits) in numbers
        assert look.brief(contrast["mean"], decimals=digits) in numbers
    assert "74" in numbers
    assert {contrast["queries"] for contrast in found["kinds"]} == {222, 444}
    assert "444" not in numbers


@WIDTHS
@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--train-data", "sample", "--strategy", "sequential", "--batch-size", "8"),
        ("datasets", "list"),
        ("plugins",),
    ],
    ids=lambda words: words[0],
)
def test_other_tables_are_whole(lines, width, words):
    assert lines(width, *words)
