import logging
import re
import zipfile

import pytest
from beir import util
from beir.datasets.data_loader import GenericDataLoader

from beir_hybrid.datasets import load_dataset
from beir_hybrid.datasets.beir.export import export_dataset, materialise
from beir_hybrid.datasets.beir.zip_file import ensure_archive
from beir_hybrid.errors import OutputError

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # BEIR leaves its files open


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("keep", ["both", "zip"])
def test_beirs_download_finds_the_zip_and_the_folder_offline(tmp_path, monkeypatch, keep):
    def download_url(*arguments):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(util, "download_url", download_url)
    folder = materialise("sample.en-de", tmp_path)
    before = content(folder)
    if keep == "zip":
        folder.rename(tmp_path / "elsewhere")
    found = util.download_and_unzip("https://example.org/datasets/sample.en-de.zip", str(tmp_path))
    assert found == str(folder)
    assert content(folder) == before
    assert GenericDataLoader(found).load(split="test") == load_dataset("sample").beir("en", "de")


def test_folder_and_zip_are_the_same_to_the_byte_wherever_written(tmp_path):
    first, second = (materialise("sample.en-all", tmp_path / place) for place in ("a", "b"))
    assert content(first) == content(second)
    assert (tmp_path / "a/sample.en-all.zip").read_bytes() == (tmp_path / "b/sample.en-all.zip").read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["sample.en-all", "sample.en-all.zip"]


def test_zip_holds_the_folder_under_its_name(tmp_path):
    folder = materialise("sample.de", tmp_path)
    with zipfile.ZipFile(tmp_path / "sample.de.zip") as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            f"sample.de/{path.as_posix()}": text for path, text in content(folder).items()
        }


def test_somebody_elses_zip_is_never_touched(tmp_path):
    with zipfile.ZipFile(tmp_path / "sample.de.zip", "w") as archive:
        archive.writestr("sample.de/corpus.jsonl", "theirs")
    before = (tmp_path / "sample.de.zip").read_bytes()
    with pytest.raises(OutputError, match=r"sample\.de\.zip is there and was not written"):
        export_dataset("sample.de", tmp_path, overwrite=True)
    assert content(tmp_path) == {(tmp_path / "sample.de.zip").relative_to(tmp_path): before}


@pytest.mark.parametrize(("field", "value"), [(6, 252), (8, 1)], ids=["version that Python does not know", "encrypted"])
def test_zip_that_cannot_be_read_is_somebody_elses(tmp_path, field, value):
    materialise("sample.de", tmp_path)
    archive = tmp_path / "sample.de.zip"
    content = bytearray(archive.read_bytes())
    for start in (match.start() for match in re.finditer(b"PK\x01\x02", bytes(content))):
        content[start + field] = value
    for start in (match.start() for match in re.finditer(b"PK\x03\x04", bytes(content))):
        content[start + field - 2] = value
    archive.write_bytes(content)
    with pytest.raises(OutputError, match=r"sample\.de\.zip is there and was not written by beir-hybrid"):
        export_dataset("sample.de", tmp_path)


@pytest.mark.parametrize("page", [b"<html>404</html>", b""], ids=["page", "empty"])
def test_page_that_a_failed_download_saved_as_zip_is_replaced(tmp_path, caplog, page):
    caplog.set_level(logging.INFO)
    (tmp_path / "sample.de.zip").write_bytes(page)
    materialise("sample.de", tmp_path)
    assert zipfile.is_zipfile(tmp_path / "sample.de.zip")
    assert "sample.de.zip is replaced" in caplog.text


def test_missing_or_cut_zip_is_written_again_without_loading(tmp_path, monkeypatch):
    materialise("sample.de", tmp_path)
    archive = tmp_path / "sample.de.zip"
    before = archive.read_bytes()
    monkeypatch.setattr("beir_hybrid.datasets.names.NamedData.load_splits", None)
    archive.unlink()
    materialise("sample.de", tmp_path)
    assert archive.read_bytes() == before
    archive.write_bytes(before[:-30])
    materialise("sample.de", tmp_path)
    assert archive.read_bytes() == before


def test_whole_folder_serves_without_a_zip_where_none_can_be_written(tmp_path, monkeypatch, caplog):
    folder = materialise("sample.de", tmp_path)
    archive = tmp_path / "sample.de.zip"
    archive.unlink()

    def refuse(path):
        raise OutputError(f"{path} cannot be written: Permission denied.", "Choose another folder.")

    monkeypatch.setattr("beir_hybrid.datasets.beir.zip_file.new_file", refuse)
    caplog.set_level(logging.INFO)
    assert materialise("sample.de", tmp_path) == folder
    assert "Permission denied" in caplog.text
    with pytest.raises(OutputError, match="Permission denied"):
        export_dataset("sample.de", tmp_path)


def test_whole_folder_serves_beside_somebody_elses_zip(tmp_path, caplog):
    folder = materialise("sample.de", tmp_path)
    with zipfile.ZipFile(tmp_path / "sample.de.zip", "w") as somebody_elses:
        somebody_elses.writestr("corpus.jsonl", "")
    before = content(tmp_path)
    assert materialise("sample.de", tmp_path) == folder
    assert "sample.de.zip is there and was not written by beir-hybrid" in caplog.text
    assert content(tmp_path) == before


def test_folder_that_another_process_is_replacing_is_waited_for(tmp_path, monkeypatch):
    folder = materialise("sample.en-all", tmp_path)
    before = content(tmp_path)
    names = ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"]
    aside = folder.rename(tmp_path / "aside")
    (tmp_path / "sample.en-all.zip").unlink()
    monkeypatch.setattr("time.sleep", lambda seconds: aside.exists() and aside.rename(folder))
    assert ensure_archive(folder, names)
    assert content(tmp_path) == before


def test_folder_that_stays_away_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(OutputError, match="has lost a file"):
        ensure_archive(tmp_path / "gone", ["corpus.jsonl"])
