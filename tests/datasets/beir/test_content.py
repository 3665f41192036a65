import json

import pytest
from beir.datasets.data_loader import GenericDataLoader

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset
from beir_hybrid.datasets.beir.export import export_dataset
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.errors import DataFormatError
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus_writer import write_corpus

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # BEIR leaves its files open


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
