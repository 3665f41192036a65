import csv
import io

import pytest

# What each command works on is not there: that nothing is told of it shows that the output was looked at before.
FOLDERS = {
    "train": ("train", "--model", "nothere", "--train-data", "nothere", "--output"),
    "quickstart": ("quickstart", "--output"),
    "evaluate": ("evaluate", "--model", "nothere", "--dataset", "nothere", "--output"),
    "evaluate a run": ("evaluate", "--run", "nothere", "--dataset", "nothere", "--output"),
    "cache": ("evaluate", "--model", "nothere", "--dataset", "nothere", "--cache"),
    "study": ("study", "nothere.yaml", "--output"),
    "assets": ("report", "nothere", "--output", "page.html", "--assets"),
    "datasets get": ("datasets", "get", "sample", "--source", "nothere", "--out"),
}
FILES = {
    "compare": ("compare", "nothere", "northere", "--output", "out.csv"),
    "report": ("report", "nothere", "--output", "out.html"),
    "plan": ("plan", "--train-data", "nothere", "--output", "out.json"),
    "plot": ("plan", "--train-data", "nothere", "--plot", "out.png"),
}


@pytest.fixture
def places(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("nothing")


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("file", "file is a file."),
        ("file/below", "file is a file."),
        ("link", "link is a link to nothing."),
        ("/proc/out", "/proc cannot be written"),
        ("x" * 300, "File name too long."),
    ],
    ids=["file", "below a file", "link", "folder that cannot be written", "long"],
)
@pytest.mark.parametrize("words", FOLDERS.values(), ids=FOLDERS)
def test_folder_that_cannot_be_written_is_told_before_any_work(refused, words, place, problem):
    assert problem in refused(*words, place)


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(
    ("folder", "problem"),
    [("file", "file is a file."), ("link", "link is a link to nothing."), ("/proc", "/proc cannot be written")],
    ids=["below a file", "link", "folder that cannot be written"],
)
@pytest.mark.parametrize("words", FILES.values(), ids=FILES)
def test_file_that_cannot_be_written_is_told_before_any_work(refused, words, folder, problem):
    assert problem in refused(*words[:-1], f"{folder}/{words[-1]}")


@pytest.mark.parametrize("words", FILES.values(), ids=FILES)
def test_folder_in_place_of_a_file_is_told_before_any_work(refused, words, tmp_path):
    (tmp_path / words[-1]).mkdir()
    assert f"{words[-1]} is a folder." in refused(*words)


@pytest.mark.parametrize("name", ["results.json", "queries.parquet", "runs"])
def test_parts_of_an_evaluation_are_looked_at_too(refused, tmp_path, name):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("") if name == "runs" else (tmp_path / "out" / name).mkdir()
    line = refused("evaluate", "--model", "x", "--dataset", "x", "--output", "out", "--runs", "--overwrite")
    assert f"out/{name} is a fil" in line or f"out/{name} is a folder" in line


def test_a_report_is_no_pdf(refused):
    line = refused("report", "nothere", "--output", "r.pdf")
    assert line == "r.pdf ends in '.pdf'. End it in .html or .htm."


def test_names_of_runs_are_no_formulas_in_tables(invoke, make_results_of, tmp_path):
    for name, lift in (("=e|cmd", 0.0), ("-new", 0.1)):
        make_results_of(lift=lift, languages=("de", "en")).save(tmp_path / name)
    folders = [tmp_path / "=e|cmd", tmp_path / "-new"]
    result = invoke("report", *folders, "--output", tmp_path / "r.html", "--assets", tmp_path / "assets")
    assert result.exit_code == 0, result.output
    tables = [path.read_text(encoding="utf-8") for path in (tmp_path / "assets").glob("*.csv")]
    cells = [cell for table in tables for row in csv.reader(io.StringIO(table, newline="")) for cell in row]
    assert {"'=e|cmd", "'-new"} <= set(cells)
    for cell in cells:
        assert not cell.startswith(("=", "+", "@")), cell
        if cell.startswith("-"):
            float(cell)


@pytest.mark.parametrize(
    "words",
    [
        ("report", "x" * 300, "--output", "r.html"),
        ("compare", "x" * 300, "y" * 300),
        ("study", "x" * 300, "--output", "out"),
        ("train", "--config", "x" * 300, "--output", "out"),
        ("train", "--model", "x" * 300, "--train-data", "sample", "--output", "out"),
        ("plan", "--train-data", "x" * 300),
        ("plan", "--train-data", f"{'x' * 300}.arrow"),
        ("evaluate", "--model", "x" * 300, "--dataset", "sample"),
        ("evaluate", "--model", "x", "--dataset", "x" * 300),
        ("evaluate", "--run", "x" * 300, "--dataset", "sample"),
        ("datasets", "get", "xquad-r", "--source", "x" * 300),
        ("datasets", "get", "miracl.sw", "--source", "x" * 300),
    ],
    ids=" ".join,
)
def test_names_too_long_for_a_path_are_told_in_one_line(refused, words):
    assert len(refused(*words)) < 1_000
