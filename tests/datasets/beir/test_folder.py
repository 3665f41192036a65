import json
import logging
import re
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from beir import util
from beir.datasets.data_loader import GenericDataLoader

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset
from beir_hybrid.datasets.beir.export import export_dataset, materialise
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.datasets.beir.marker import MARKER, Marker
from beir_hybrid.datasets.beir.zip_file import ensure_archive
from beir_hybrid.errors import ConfigurationError, DataFormatError, OutputError, UnknownNameError
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus import write_corpus

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # BEIR leaves its files open


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture
def hostile():
    """Ids and texts with everything that the formats allow, titles, contexts, grades from -1 to 2."""
    document, query = 'en:1"2', "en:q'\\1"
    return MultilingualCollection(
        name="hostile",
        corpora={
            "en": {
                document: Passage('Line\nbreak\r\n, tab\t and "quotes" \u2028\x85', "Title\t1", "Its context"),
                "en:2": Passage(""),
            },
            "de": {"de:1": Passage("Grüße 🙂", "Überschrift")},
        },
        queries={"en": {query: 'A "question"\twith\nblanks?', "en:none": "Nothing relevant?"}, "de": {"de:q1": "Wer?"}},
        qrels={query: {document: 2, "en:2": 0, "de:1": -1}, "en:none": {"en:2": 0}, "de:q1": {"de:1": 1}},
        passage_text="title+text",
        group_of={query: "g1"},
        notes=("a note",),
        measures=("ndcg@10",),
    )


@pytest.fixture
def arrow_cache(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "arrow"))


@pytest.mark.parametrize(
    ("setting", "queries", "corpora"),
    [("", None, None), ("th", "th", "th"), ("en-de", "en", "de"), ("en-all", "en", None), ("ar-zh+de", "ar", "zh,de")],
)
def test_beir_reads_back_what_the_collection_holds(tmp_path, setting, queries, corpora):
    name = f"sample.{setting}" if setting else "sample"
    folder = materialise(name, tmp_path)
    assert folder == tmp_path / name
    expected = load_dataset("sample").beir(queries, corpora.split(",") if corpora else None)
    found = GenericDataLoader(str(folder)).load(split="test")
    assert found == expected
    assert [list(part) for part in found] == [list(part) for part in expected]


def test_beir_reads_back_every_letter_title_and_grade(tmp_path, hostile):
    folder = BeirFolder(tmp_path / "hostile").write(hostile).path
    found = GenericDataLoader(str(folder)).load(split="test")
    assert found == hostile.beir()
    assert found[2]["en:q'\\1"] == {'en:1"2': 2, "en:2": 0, "de:1": -1}
    assert "en:none" not in found[1]


def test_beirs_loader_through_arrow_reads_it_too(tmp_path, hostile, arrow_cache):
    from beir.datasets.data_loader_hf import HFDataLoader

    folder = BeirFolder(tmp_path / "hostile").write(hostile).path
    corpus, queries, qrels = HFDataLoader(data_folder=str(folder)).load(split="test")
    expected_corpus, expected_queries, expected_qrels = hostile.beir()
    assert {row["id"]: {"title": row["title"], "text": row["text"]} for row in corpus} == expected_corpus
    assert {row["id"]: row["text"] for row in queries} == expected_queries
    assert qrels == expected_qrels


def test_every_line_has_the_same_keys_and_names_its_language(tmp_path, hostile):
    folder = BeirFolder(tmp_path / "hostile").write(hostile).path
    corpus, queries = lines(folder / "corpus.jsonl"), lines(folder / "queries.jsonl")
    assert [row["metadata"] for row in corpus] == [
        {"language": "en", "context": "Its context"},
        {"language": "en", "context": ""},
        {"language": "de", "context": ""},
    ]
    assert [row["metadata"] for row in queries] == [{"language": "en", "group": "g1"}, {"language": "de", "group": ""}]
    assert "Grüße 🙂" in (folder / "corpus.jsonl").read_text(encoding="utf-8")


def test_metadata_without_contexts_and_groups_leave_the_keys_out(tmp_path):
    collection = MultilingualCollection(
        "plain", {"en": {"en:1": Passage("One.")}}, {"en": {"en:q": "1?"}}, {"en:q": {"en:1": 1}}
    )
    folder = BeirFolder(tmp_path / "plain").write(collection).path
    assert lines(folder / "corpus.jsonl") == [
        {"_id": "en:1", "title": "", "text": "One.", "metadata": {"language": "en"}}
    ]
    assert lines(folder / "queries.jsonl") == [{"_id": "en:q", "text": "1?", "metadata": {"language": "en"}}]
    assert (folder / "qrels" / "test.tsv").read_text() == "query-id\tcorpus-id\tscore\nen:q\ten:1\t1\n"


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


def test_only_the_languages_of_a_setting_are_loaded(tmp_path, monkeypatch):
    from beir_hybrid.datasets.sample import Sample

    read, seen = Sample._read, []
    monkeypatch.setattr(
        Sample, "_read", lambda self, language, *rest: seen.append(language) or read(self, language, *rest)
    )
    materialise("sample.en-de", tmp_path)
    assert sorted(seen) == ["de", "en"]


def test_split_names_the_qrels(tmp_path):
    folder = export_dataset("sample.de", tmp_path, splits=["train"]).path
    assert [path.name for path in (folder / "qrels").iterdir()] == ["train.tsv"]
    assert GenericDataLoader(str(folder)).load(split="train") == load_dataset("sample", split="train").beir("de", "de")


def test_several_splits_share_a_folder_and_a_note_tells_that_corpora_are_united(tmp_path):
    found = export_dataset("sample.de", tmp_path, splits=["train", "dev", "test"])
    marker = found.marker
    assert (marker.queries, marker.passages, marker.splits) == (220, 220, ("train", "dev", "test"))
    assert "corpora unite those of the splits train and dev and test" in marker.notes[0]
    assert {path.name for path in (found.path / "qrels").iterdir()} == {"train.tsv", "dev.tsv", "test.tsv"}
    for split, count in (("train", 132), ("dev", 14), ("test", 74)):
        corpus, queries, qrels = GenericDataLoader(str(found.path)).load(split=split)
        assert (len(corpus), len(queries)) == (220, count)
        assert qrels == load_dataset("sample", split=split).beir("de", "de")[2]


def test_splits_with_one_corpus_need_no_note(tmp_path, collection):
    marker = BeirFolder(tmp_path / "tiny").write({"dev": collection, "test": collection}).marker
    assert (marker.notes, marker.passages, marker.splits) == ((), 15, ("dev", "test"))


def test_stored_corpus_is_streamed(tmp_path, monkeypatch):
    corpus = write_corpus(tmp_path / "stored", "sw", ((str(n), Passage(f"Text {n}", f"T {n}")) for n in range(9000)))
    collection = MultilingualCollection("big", {"sw": corpus}, {"sw": {"sw:q": "?"}}, {"sw:q": {"sw:8999": 1}})
    monkeypatch.setattr(type(corpus), "__iter__", None)  # ids alone are never asked for: that would be another walk
    folder = BeirFolder(tmp_path / "big").write({"dev": collection}).path
    monkeypatch.undo()
    assert GenericDataLoader(str(folder)).load(split="dev") == collection.beir()
    assert BeirFolder(folder).load().checksums() == collection.checksums()


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


@pytest.mark.parametrize(
    "change", [{"notes": 1.5}, {"splits": "test"}, {"measures": [1]}, {"files": {"a": {"bytes": 1e999}}}], ids=repr
)
def test_marker_with_other_types_is_none(tmp_path, change):
    folder = materialise("sample.de", tmp_path)
    marker = folder / MARKER
    marker.write_text(json.dumps({**json.loads(marker.read_text()), **change}))
    assert Marker.read(folder) is None
    assert BeirFolder(folder).load().notes == ()


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


def test_folder_whose_marker_names_what_no_file_can_be_is_not_whole(tmp_path):
    folder = materialise("sample.de", tmp_path)
    marker = json.loads((folder / MARKER).read_text())
    marker["files"]["\ud800"] = {"bytes": 1, "sha256": ""}
    (folder / MARKER).write_text(json.dumps(marker))
    assert not Marker.read(folder).is_whole(folder)


def test_empty_folder_is_free(tmp_path):
    (tmp_path / "sample.de").mkdir()
    assert export_dataset("sample.de", tmp_path).new


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


def test_materialise_takes_what_is_there_unless_other_options_are_given(tmp_path):
    export_dataset("sample", tmp_path, languages=["de", "en"])
    assert Marker.read(materialise("sample", tmp_path)).corpus_languages == ("de", "en")
    assert materialise("sample", tmp_path, languages=("de", "en"), splits=("test",)) == tmp_path / "sample"
    with pytest.raises(OutputError, match="its options"):
        materialise("sample", tmp_path, languages=("de", "es"))


def test_processes_may_materialise_at_once(tmp_path):
    code = (
        "import sys, time; from beir_hybrid.datasets import materialise; "
        "time.sleep(max(0, float(sys.argv[2]) - time.time())); print(materialise('sample', sys.argv[1]))"
    )
    import time

    start = str(time.time() + 3)
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), start], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[0].strip() for process in running] == [str(tmp_path / "sample")] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sample", "sample.zip"]
    assert GenericDataLoader(str(tmp_path / "sample")).load() == load_dataset("sample").beir()


def test_threads_that_mend_a_damaged_folder_agree(tmp_path):
    folder = materialise("sample.en-all", tmp_path)
    before = content(tmp_path)
    (folder / "corpus.jsonl").unlink()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: materialise("sample.en-all", tmp_path), range(8)))
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


def test_killed_writer_leaves_nothing_at_the_place(tmp_path, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("beir_hybrid.datasets.beir.marker.Marker.write", killed)
    with pytest.raises(KeyboardInterrupt):
        materialise("sample.de", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("identifier", ["en:a b", "en:a\tb", "en:a\nb", "en:a\u3000b"])
@pytest.mark.parametrize("kind", ["document", "query"])
def test_id_with_blanks_is_refused(tmp_path, kind, identifier):
    document, query = (identifier, "en:q") if kind == "document" else ("en:1", identifier)
    collection = MultilingualCollection(
        "bad", {"en": {document: Passage("One.")}}, {"en": {query: "1?"}}, {query: {document: 1}}
    )
    with pytest.raises(DataFormatError) as caught:
        BeirFolder(tmp_path / "bad").write(collection)
    assert f"The {kind} id {identifier!r} has blanks" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_half_a_surrogate_pair_is_refused(tmp_path):
    collection = MultilingualCollection(
        "bad", {"en": {"en:1": Passage("\ud800")}}, {"en": {"en:q": "1?"}}, {"en:q": {"en:1": 1}}
    )
    with pytest.raises(DataFormatError, match="The document 'en:1' is not Unicode"):
        BeirFolder(tmp_path / "bad").write(collection)


def test_splits_that_contradict_one_another_are_refused(tmp_path, collection):
    changed = MultilingualCollection(
        "tiny", collection.corpora, {"de": dict.fromkeys(collection.queries["de"], "?")}, {"de:q0": {"de:0": 1}}
    )
    with pytest.raises(DataFormatError, match="the query 'de:q0' differs between the splits"):
        BeirFolder(tmp_path / "tiny").write({"dev": collection, "test": changed})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("smple", "There is no dataset 'smple'. Did you mean 'sample'?"),
        ("sample.en-xx", "sample has no setting 'en-xx'."),
        ("sample.ed", "sample has no setting 'ed'. Did you mean 'es-de'?"),
        ("sample.mono", "sample has no setting 'mono'."),
        ("sample.", "sample has no setting ''."),
        ("../sample", "There is no dataset '../sample'."),
    ],
)
def test_unknown_name_is_told_before_anything_is_written(tmp_path, name, message):
    with pytest.raises(UnknownNameError) as caught:
        materialise(name, tmp_path / "out")
    assert str(caught.value).startswith(message)
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


def test_place_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        materialise("sample.de", tmp_path / "file")
    assert "is a file" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["xquad-r.en-de", "xquad-r.th-all", "mlqa-r", "mlqa-r.es-zh"])
def test_real_data_read_back(data, tmp_path, name):
    folder = materialise(name, tmp_path)
    dataset, _, setting = name.partition(".")
    queries, _, corpora = setting.partition("-")
    expected = load_dataset(dataset).beir(queries or None, None if corpora in {"", "all"} else corpora)
    assert GenericDataLoader(str(folder)).load(split="test") == expected
