import re
import shlex

import pytest

from beir_hybrid import quickstart


@pytest.fixture
def one_step(monkeypatch):
    monkeypatch.setattr(quickstart, "_ARGUMENTS", {**quickstart._ARGUMENTS, "max_steps": 1})


@pytest.mark.slow
def test_three_strategies_are_trained_compared_and_reported(invoke, one_step, tmp_path):
    result = invoke("quickstart", "--output", tmp_path / "runs", "--seed", "3")
    assert result.exception is None
    rows = [line.split("│")[1].strip() for line in result.stdout.splitlines() if line.startswith("│")]
    rows = [row for row in rows if row]  # others tell by how much seeds or questions vary
    assert rows == ["x-x-mono", "x-y", "hybrid"]
    for strategy in rows:
        assert f"Training {strategy}: " in result.stdout
        written = {path.name for path in (tmp_path / "runs" / strategy).iterdir()}
        assert {"modules.json", "run.json", "training.json", "sample"} <= written
    page = tmp_path / "runs" / "report.html"
    assert page.as_uri() in result.stdout
    assert "<b>Quick.</b>" in page.read_text(encoding="utf-8")
    assert "sample (quick)" in page.read_text(encoding="utf-8")
    for noise in ("{'", "INFO", "widget", "Pair("):
        assert noise not in result.output
    commands = [line.strip() for line in result.stdout.splitlines() if line.startswith("  beir-hybrid ")]
    assert len(commands) == 4
    for command in commands[:3]:
        done = invoke(*shlex.split(command)[1:])
        assert done.exit_code == 0, done.output


def test_folder_with_other_things_is_refused(invoke, tmp_path):
    folder = tmp_path / "runs" / "x-x-mono"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    result = invoke("quickstart", "--output", tmp_path / "runs")
    assert result.exit_code == 2
    [line] = result.stderr.splitlines()
    assert re.match(rf"Error: The folder {re.escape(str(folder))} exists\.", line)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [folder / "mine.txt"]
