import shutil
import subprocess

import pytest

from beir_hybrid.evaluation.commit import current_commit


@pytest.fixture
def fresh(monkeypatch):
    """Nothing is remembered, before or after."""
    current_commit.cache_clear()
    yield
    current_commit.cache_clear()


def git(folder, *words):
    options = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(folder), *options, *words], check=True, capture_output=True)


@pytest.mark.usefixtures("fresh")
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_commit_is_that_of_the_folder_with_a_plus_sign_for_changes(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("1")
    git(tmp_path, "init")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-m", "one")
    monkeypatch.chdir(tmp_path)
    clean = current_commit()
    assert len(clean) == 12
    (tmp_path / "a").write_text("2")
    assert current_commit() == clean  # of what runs already
    current_commit.cache_clear()
    assert current_commit() == f"{clean}+"


@pytest.mark.usefixtures("fresh")
def test_there_is_no_commit_where_there_is_no_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    assert current_commit() == ""


@pytest.mark.usefixtures("fresh")
def test_there_is_no_commit_without_git(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert current_commit() == ""
