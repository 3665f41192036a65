import os
from pathlib import Path

import pytest

from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.reports.page.outputs import check_outputs, write_report
from beir_hybrid.storage.files import write_text


def test_a_page_or_folder_that_exists_is_refused(tmp_path):
    page, folder = tmp_path / "page.html", tmp_path / "assets"
    page.write_text("old")
    with pytest.raises(OutputError, match=r"page\.html exists\. .*--overwrite"):
        check_outputs(page, None, overwrite=False)
    with pytest.raises(OutputError, match="is a folder"):
        check_outputs(tmp_path, None, overwrite=True)
    with pytest.raises(OutputError, match="is a file"):
        check_outputs(tmp_path / "new.html", page, overwrite=True)
    folder.mkdir()
    check_outputs(tmp_path / "new.html", folder, overwrite=False)
    (folder / "mine").write_text("precious")
    with pytest.raises(OutputError, match="holds other things"):
        check_outputs(tmp_path / "new.html", folder, overwrite=False)
    check_outputs(page, folder, overwrite=True)


@pytest.mark.parametrize("assets", ["new.html", "new.html/pictures"])
def test_page_cannot_be_a_folder_of_assets(tmp_path, assets):
    with pytest.raises(OutputError, match=r"new\.html cannot be both the page and a folder"):
        check_outputs(tmp_path / "new.html", tmp_path / assets, overwrite=True)


@pytest.mark.parametrize("name", ["r.pdf", "r", "r.html.gz"])
def test_a_page_is_html(tmp_path, name):
    with pytest.raises(ConfigurationError, match=r"End it in \.html or \.htm\."):
        check_outputs(tmp_path / name, None, overwrite=True)
    check_outputs(tmp_path / "r.HTM", None, overwrite=False)


def files(folder: Path):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class KilledError(BaseException):
    """Like kill -9, nothing is tidied up after it; the test itself holds what would be."""


@pytest.fixture
def contents(monkeypatch):
    """Contents whose page and files cost no time."""

    def write_assets(contents, folder, **_):
        for name in ("a.csv", "b.png"):
            write_text(folder / name, contents)
        return 2

    monkeypatch.setattr("beir_hybrid.reports.page.outputs.write_assets", write_assets)
    monkeypatch.setattr("beir_hybrid.reports.page.outputs.render_page", lambda contents: f"<p>{contents}")
    return "what is shown"


def kill_after(monkeypatch, count):
    """End a report at its count-th change of the disk by renaming or deleting."""
    left = [count]

    def killing(call):
        def instead(*given, **options):
            if not left[0]:
                raise KilledError
            left[0] -= 1
            return call(*given, **options)

        return instead

    for name in ("rename", "replace", "unlink"):
        monkeypatch.setattr(os, name, killing(getattr(os, name)))
    monkeypatch.setattr("shutil.rmtree", lambda *given, **options: None)


@pytest.mark.parametrize("mine", [False, True], ids=["new folder", "folder of other files"])
def test_a_killed_report_is_made_again_by_the_same_command(contents, tmp_path, monkeypatch, mine):
    for folder in ("whole", "killed"):
        (tmp_path / folder / "assets").mkdir(parents=True)
        if mine:
            (tmp_path / folder / "assets" / "mine").write_text("precious")
    whole = tmp_path / "whole"
    write_report(contents, whole / "page.html", whole / "assets")
    expected = files(whole)
    assert Path("page.html") in expected
    place = tmp_path / "killed"
    for count in range(50):
        for path in [*files(place)]:
            if path.name != "mine":
                (place / path).unlink()
        with monkeypatch.context() as patch:
            kill_after(patch, count)
            try:
                write_report(contents, place / "page.html", place / "assets")
                break
            except KilledError:
                pass
        found = {path for path in files(place) if not any(part.startswith(".") for part in path.parts)}
        assert Path("page.html") not in found or found == set(expected)  # a page is there only when all is
        if mine and not (place / ".page.html.unfinished").exists():
            assert found <= {Path("assets/mine"), Path("page.html")}  # nothing of it is seen so far
        else:
            check_outputs(place / "page.html", place / "assets", overwrite=False)
        write_report(contents, place / "page.html", place / "assets")
        again = files(place)
        assert {path: again[path] for path in again if not any(part.startswith(".") for part in path.parts)} == expected
    assert 5 < count < 49


def test_the_note_of_a_killed_report_is_for_its_own_folder_alone(tmp_path):
    (tmp_path / ".page.html.unfinished").write_text(f'{{"assets": "{(tmp_path / "assets").resolve()}"}}')
    for name in ("assets", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("")
    check_outputs(tmp_path / "page.html", tmp_path / "assets", overwrite=False)
    with pytest.raises(OutputError, match="other holds other things"):
        check_outputs(tmp_path / "page.html", tmp_path / "other", overwrite=False)


def test_a_report_that_cannot_be_written_leaves_nothing(contents, tmp_path, monkeypatch):
    def full(*given, **options):
        raise OutputError("page.html cannot be written: No space left on device.")

    monkeypatch.setattr("beir_hybrid.reports.page.outputs.write_text", full)
    with pytest.raises(OutputError, match="cannot be written: No space left"):
        write_report(contents, tmp_path / "page.html", tmp_path / "assets")
    assert not (tmp_path / "page.html").exists()
    check_outputs(tmp_path / "page.html", tmp_path / "assets", overwrite=False)
