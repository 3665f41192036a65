import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.beir.export import export_dataset, materialise
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.datasets.beir.marker import MARKER
from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.passage import Passage

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # BEIR leaves its files open


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_same_content_is_left_as_it_is(tmp_path):
    assert export_dataset("sample.de", tmp_path).new
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert not export_dataset("sample.de", tmp_path).new
    assert not export_dataset("sample.de", tmp_path, overwrite=True).new
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times


def test_other_content_is_replaced_only_on_request(tmp_path):
    before = content(export_dataset("sample.de", tmp_path).path)
    with pytest.raises(OutputError, match=r"its splits: test, not train.* Give --overwrite"):
        export_dataset("sample.de", tmp_path, splits=["train"])
    assert content(tmp_path / "sample.de") == before
    assert export_dataset("sample.de", tmp_path, splits=["train"], overwrite=True).new
    assert (tmp_path / "sample.de/qrels/train.tsv").is_file()
    with zipfile.ZipFile(tmp_path / "sample.de.zip") as archive:
        assert "sample.de/qrels/train.tsv" in archive.namelist()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", ["cut", "missing", "changed"])
def test_damaged_folder_of_ours_is_written_anew(tmp_path, caplog, damage):
    folder = export_dataset("sample.de", tmp_path).path
    before = content(folder)
    path = folder / "corpus.jsonl"
    if damage == "missing":
        path.unlink()
    else:
        text = path.read_bytes()
        path.write_bytes(text[:-9] if damage == "cut" else text.replace(b"a", b"b", 1))
    assert export_dataset("sample.de", tmp_path).new
    assert content(folder) == before
    assert "is damaged and is written anew" in caplog.text


def test_strangers_file_in_a_folder_of_ours_is_never_lost(tmp_path):
    folder = export_dataset("sample.de", tmp_path).path
    (folder / "gen-queries.jsonl").write_text("{}")
    assert not export_dataset("sample.de", tmp_path).new
    with pytest.raises(OutputError, match=r"gen-queries\.jsonl in it is not beir-hybrid's"):
        export_dataset("sample.de", tmp_path, splits=["train"], overwrite=True)
    (folder / "corpus.jsonl").unlink()
    with pytest.raises(OutputError, match=r"gen-queries\.jsonl in it is not beir-hybrid's"):
        export_dataset("sample.de", tmp_path)
    assert (folder / "gen-queries.jsonl").exists()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("what", ["folder", "file", "broken marker", "dangling link"])
def test_somebody_elses_is_never_touched(tmp_path, what, overwrite):
    place = tmp_path / "sample.de"
    if what == "file":
        place.write_text("mine")
    elif what == "dangling link":
        place.symlink_to(tmp_path / "nowhere")
    else:
        place.mkdir()
        (place / ("corpus.jsonl" if what == "folder" else MARKER)).write_text('{"_id": "1", "te')
    with pytest.raises(OutputError, match=r"sample\.de is there and was not written by beir-hybrid"):
        export_dataset("sample.de", tmp_path, overwrite=overwrite)
    with pytest.raises(OutputError, match=r"sample\.de is there and was not written by beir-hybrid"):
        materialise("sample.de", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["sample.de"]


def test_empty_folder_is_free(tmp_path):
    (tmp_path / "sample.de").mkdir()
    assert export_dataset("sample.de", tmp_path).new


def test_threads_that_mend_a_damaged_folder_agree(tmp_path):
    folder = materialise("sample.en-all", tmp_path)
    before = content(tmp_path)
    (folder / "corpus.jsonl").unlink()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: materialise("sample.en-all", tmp_path), range(8)))
    assert content(tmp_path) == before


def test_killed_writer_leaves_nothing_at_the_place(tmp_path, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("beir_hybrid.datasets.beir.marker.Marker.write", killed)
    with pytest.raises(KeyboardInterrupt):
        materialise("sample.de", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_setting_without_a_relevant_passage_is_told(tmp_path):
    collection = MultilingualCollection(
        "apart",
        {"en": {"en:1": Passage("One.")}, "de": {"de:1": Passage("Eins.")}},
        {"en": {"en:q": "1?"}},
        {"en:q": {"en:1": 1}},
    )
    with pytest.raises(ConfigurationError, match="apart: no query has a relevant passage in the setting 'en-de'"):
        BeirFolder(tmp_path / "apart.en-de").write(collection, "en-de")
