import pytest
from click.testing import CliRunner

from beir_hybrid.cli.main import main

# What each command works on is not there: that nothing is told of it shows that the output was looked at before.
FOLDERS = {
    "index": ("index", "--model", "nothere", "--dataset", "nothere", "--output"),
    "jsonl": ("index", "--dataset", "nothere", "--jsonl"),
    "bm25": ("bm25", "--dataset", "nothere", "--output"),
}
FILES = {
    "topics": ("index", "--dataset", "nothere", "--topics"),
    "qrels": ("index", "--dataset", "nothere", "--qrels"),
    "fuse": ("fuse", "--runs", "nothere", "--runs", "northere", "--output"),
    "search": ("search", "--index", "nothere", "--topics", "nothere", "--output"),
}


@pytest.mark.parametrize(
    ("place", "problem"),
    [("file/below", "file is a file."), ("link/below", "link is a link to nothing."), ("/proc/x", "/proc cannot be")],
    ids=["below a file", "link", "folder that cannot be written"],
)
@pytest.mark.parametrize("words", [*FOLDERS.values(), *FILES.values()], ids=[*FOLDERS, *FILES])
def test_output_that_cannot_be_written_is_told_before_any_work(tmp_path, monkeypatch, words, place, problem):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("nothing")
    result = CliRunner().invoke(main, [*words, place])
    assert result.exit_code == 2, result.exception
    [line] = result.stderr.splitlines()
    assert problem in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


@pytest.mark.parametrize("words", FOLDERS.values(), ids=FOLDERS)
def test_file_in_place_of_a_folder_is_told_before_any_work(tmp_path, words):
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, [*words, str(tmp_path / "file")])
    assert "file is a file." in result.stderr


@pytest.mark.parametrize("words", [FILES["topics"], FILES["qrels"], FILES["search"]], ids=["topics", "qrels", "search"])
def test_folder_in_place_of_a_file_is_told_before_any_work(tmp_path, words):
    result = CliRunner().invoke(main, [*words, str(tmp_path)])
    assert "is a folder." in result.stderr
