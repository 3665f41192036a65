import pytest

from beir_hybrid import quickstart


@pytest.fixture
def one_step(monkeypatch):
    monkeypatch.setattr(quickstart, "_ARGUMENTS", {**quickstart._ARGUMENTS, "max_steps": 1})


@pytest.mark.slow
def test_three_strategies_are_trained_and_compared(invoke, one_step, tmp_path):
    result = invoke("quickstart", "--output", tmp_path / "runs", "--seed", "3")
    assert result.exception is None
    rows = [line.split("│")[1].strip() for line in result.stdout.splitlines() if line.startswith("│")]
    rows = [row for row in rows if row]  # others tell by how much seeds or questions vary
    assert rows == ["x-x-mono", "x-y", "hybrid"]
    for strategy in rows:
        written = {path.name for path in (tmp_path / "runs" / strategy).iterdir()}
        assert {"modules.json", "run.json", "training.json", "results.json"} <= written


def test_folder_with_other_things_is_refused(invoke, tmp_path):
    folder = tmp_path / "runs" / "x-x-mono"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    result = invoke("quickstart", "--output", tmp_path / "runs")
    assert result.exit_code == 2
    [line] = result.stderr.splitlines()
    assert line.startswith(f"Error: The folder {folder} exists.")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [folder / "mine.txt"]
