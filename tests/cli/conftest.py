from pathlib import Path

import pytest
from click.testing import CliRunner

from beir_hybrid.cli.main import main


@pytest.fixture
def invoke():
    """Run the command line in this process."""
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def refused(invoke, tmp_path, monkeypatch):
    """Run what must be refused, from an otherwise empty folder: one line, exit code 2, nothing written."""

    def refused(*words):
        before = snapshot(tmp_path)
        result = invoke(*words)
        assert isinstance(result.exception, SystemExit), result.exception  # anything else is a traceback
        assert result.exit_code == 2
        assert result.stdout == ""
        [line] = result.stderr.splitlines()
        assert line.startswith("Error: ")
        assert snapshot(tmp_path) == before
        return line.removeprefix("Error: ")

    monkeypatch.chdir(tmp_path)
    return refused


def snapshot(folder: Path):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}
