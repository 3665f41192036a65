import json
import os
import pickle
import time
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

from beir_hybrid.collection import LazyCorpus, MultilingualCollection
from beir_hybrid.errors import DataFormatError, OutputError
from beir_hybrid.passage import Passage
from beir_hybrid.storage import corpus as reader
from beir_hybrid.storage import corpus_writer as module
from beir_hybrid.storage.arrow_files import StoredBatches
from beir_hybrid.storage.corpus import StoredCorpus, cache_folder
from beir_hybrid.storage.corpus_writer import write_corpus
from beir_hybrid.storage.writers import STALE_SECONDS

ROWS = [(f"{number}#0", Passage(f"text {number}", f"title {number % 3}" if number % 2 else "")) for number in range(10)]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 4)  # so that ten rows are three batches, the last one short


@pytest.fixture
def stored(tmp_path):
    return write_corpus(tmp_path / "corpora" / "sw", "sw", ROWS)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_mapping_gives_what_was_written(stored):
    assert dict(stored.items()) == {f"sw:{identifier}": passage for identifier, passage in ROWS}
    assert list(stored) == [f"sw:{number}#0" for number in range(10)]  # in the order of writing
    assert list(stored.values()) == [passage for _, passage in ROWS]
    assert len(stored) == len(stored.items()) == 10
    assert stored["sw:7#0"] == Passage("text 7", "title 1")


def test_pickled_corpus_is_read_again(stored):
    assert dict(pickle.loads(pickle.dumps(stored)).items()) == dict(stored.items())


@pytest.mark.parametrize("missing", ["sw:10#0", "7#0", "yo:7#0", "", "sw:\ud800"], ids=ascii)
def test_unknown_id_is_not_in_it(stored, missing):
    assert missing not in stored
    assert stored.get(missing) is None
    with pytest.raises(KeyError):
        stored[missing]
    with pytest.raises(KeyError):
        stored.position(missing)


def test_what_is_no_string_is_not_in_it(stored):
    assert 7 not in stored


def test_positions_and_ids_are_inverse(stored):
    assert [stored.position(stored.identifier(position)) for position in range(10)] == list(range(10))


def test_many_ids_come_in_the_order_asked(stored):
    assert stored.identifiers(np.array([9, 0, 5, 5, 1])) == ["sw:9#0", "sw:0#0", "sw:5#0", "sw:5#0", "sw:1#0"]
    assert stored.identifiers([]) == []


@pytest.mark.parametrize("position", [-1, 10])
def test_position_outside_is_refused(stored, position):
    with pytest.raises(IndexError):
        stored.identifier(position)
    with pytest.raises(IndexError):
        stored.identifiers([0, position])


def test_colliding_hashes_are_resolved_by_the_id(tmp_path, monkeypatch):
    for each in (module, reader):
        monkeypatch.setattr(each, "hash_id", lambda identifier: len(identifier))
    rows = [*ROWS, ("10#0", Passage("two digits"))]
    stored = write_corpus(tmp_path / "sw", "sw", rows)
    assert [stored.position(f"sw:{identifier}") for identifier, _ in rows] == list(range(11))
    assert "sw:x#0" not in stored
    with pytest.raises(DataFormatError, match="'4#0' occurs twice, first at Row 5"):
        write_corpus(tmp_path / "again", "sw", [*rows, ROWS[4]])


def test_checksum_is_that_of_the_same_passages_in_memory(stored):
    in_memory = {f"sw:{identifier}": passage for identifier, passage in reversed(ROWS)}
    assert isinstance(stored, LazyCorpus)
    assert collection(stored).checksums() == collection(in_memory).checksums()


@pytest.mark.parametrize("changed", [("x#0", ROWS[9][1]), ("9#0", Passage("other")), ("9#0", Passage("text 9", "t"))])
def test_checksum_tells_changed_content(stored, tmp_path, changed):
    assert write_corpus(tmp_path / "other", "sw", [*ROWS[:9], changed]).checksum != stored.checksum


def collection(passages):
    return MultilingualCollection("c", {"sw": passages}, {"sw": {"sw:q": "?"}}, {"sw:q": {"sw:3#0": 1, "sw:4#0": 0}})


def test_collection_of_stored_passages_serves_beir(stored):
    passages, queries, qrels = collection(stored).beir()
    assert passages["sw:3#0"] == {"title": "title 0", "text": "text 3"}
    assert (len(passages), queries, qrels) == (10, {"sw:q": "?"}, {"sw:q": {"sw:3#0": 1, "sw:4#0": 0}})


def test_collection_does_not_walk_stored_ids(stored, monkeypatch):
    monkeypatch.setattr(StoredCorpus, "__iter__", lambda self: pytest.fail("walked"))
    assert collection(stored).corpora["sw"] is stored


def test_stored_passages_of_another_language_are_refused(stored):
    with pytest.raises(DataFormatError, match=r"document id 'sw:0#0' does not begin with 'yo:'"):
        MultilingualCollection("c", {"yo": stored}, {}, {})


def test_repeated_id_is_told_with_both_places_and_nothing_is_kept(tmp_path):
    with pytest.raises(DataFormatError, match=r"^line 11: the document id '4#0' occurs twice, first at line 5\."):
        write_corpus(tmp_path / "sw", "sw", [*ROWS, ROWS[4]], lambda position: f"line {position + 1}")
    assert files(tmp_path) == []


def test_text_that_is_not_unicode_is_told(tmp_path):
    with pytest.raises(DataFormatError, match=r"^Row 11: not Unicode"):
        write_corpus(tmp_path / "sw", "sw", [*ROWS, ("x#0", Passage("half \ud800"))])


def test_empty_corpus_is_refused(tmp_path):
    with pytest.raises(DataFormatError, match="sw corpus holds no passage"):
        write_corpus(tmp_path / "sw", "sw", [])


def test_interrupted_writing_leaves_nothing(tmp_path):
    def interrupted():
        yield from ROWS
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_corpus(tmp_path / "sw", "sw", interrupted())
    assert files(tmp_path) == []


def test_interrupted_writing_leaves_the_old_one(stored):
    with pytest.raises(DataFormatError):
        write_corpus(stored.folder, "sw", [*ROWS, ROWS[0]])
    assert StoredCorpus(stored.folder).checksum == stored.checksum
    assert files(stored.folder.parent) == ["sw"]


def test_writing_again_replaces_other_content(stored):
    again = write_corpus(stored.folder, "sw", ROWS[:3])
    assert list(again) == ["sw:0#0", "sw:1#0", "sw:2#0"]
    assert files(stored.folder.parent) == ["sw"]
    assert stored["sw:9#0"].text == "text 9"  # who has the old files open still reads them


def test_writing_the_same_again_leaves_what_others_may_be_reading(stored):
    before = (stored.folder / "passages.arrow").stat().st_ino
    assert write_corpus(stored.folder, "sw", ROWS).checksum == stored.checksum
    assert (stored.folder / "passages.arrow").stat().st_ino == before
    assert files(stored.folder.parent) == ["sw"]


@pytest.mark.parametrize(("age", "kept"), [(2 * STALE_SECONDS, False), (60, True)])
def test_what_a_killed_process_left_is_removed_a_day_later(tmp_path, age, kept):
    left = tmp_path / ".sw.0123.tmp"
    left.mkdir()
    (left / "passages.arrow").write_bytes(b"half")
    for path in (left / "passages.arrow", left):
        os.utime(path, (time.time() - age,) * 2)
    write_corpus(tmp_path / "sw", "sw", ROWS)
    assert left.exists() == kept


def test_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot be written.*BEIR_HYBRID_CACHE"):
        write_corpus(tmp_path / "file" / "sw", "sw", ROWS)


def cut(path):
    path.write_bytes(path.read_bytes()[:-8])


def replace(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


def rewrite(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("passages.arrow", cut),
        ("hashes.npy", cut),
        ("positions.npy", cut),
        ("passages.arrow", lambda path: path.unlink()),
        ("corpus.json", lambda path: path.unlink()),
        ("corpus.json", cut),
        ("corpus.json", lambda path: path.write_text("[]")),
        ("corpus.json", lambda path: rewrite(path, format=0)),
        ("corpus.json", lambda path: rewrite(path, passages=9)),
        ("passages.arrow", lambda path: path.write_bytes(bytes(path.stat().st_size))),
        ("hashes.npy", lambda path: path.write_bytes(bytes(path.stat().st_size))),
        ("corpus.json", lambda path: rewrite(path, passages=10**15)),
        ("corpus.json", lambda path: rewrite(path, passages="ten")),
        ("corpus.json", lambda path: rewrite(path, batches=[[1, 2, 3]])),
        ("corpus.json", lambda path: rewrite(path, batches=[[1], [2], [3]])),
        ("hashes.npy", lambda path: replace(path, b"<u8", b"<i8")),
        ("positions.npy", lambda path: replace(path, b"<u4", b"<f4")),
    ],
)
def test_damaged_folder_is_refused(stored, file, damage):
    damage(stored.folder / file)
    with pytest.raises(DataFormatError):
        StoredCorpus(stored.folder)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("passages.arrow", b"text 7", b"text 8"),
        ("passages.arrow", b"title 1", b"title 2"),
        ("passages.arrow", b"sw:7#0", b"sw:\xff\xff0"),
        ("positions.npy", np.arange(10, dtype="<u4")[7:8].tobytes(), np.array([99], "<u4").tobytes()),
    ],
    ids=["text", "title", "id", "position"],
)
def test_damage_inside_is_found_when_it_is_read(stored, file, old, new):
    replace(stored.folder / file, old, new)
    corpus = StoredCorpus(stored.folder)
    with pytest.raises(DataFormatError, match=r"is damaged.* Delete the folder"):
        [corpus[f"sw:{identifier}"] for identifier, _ in ROWS]


def test_corpora_of_earlier_versions_have_no_checksums_of_their_batches(stored):
    content = json.loads((stored.folder / "corpus.json").read_text())
    del content["batches"]
    (stored.folder / "corpus.json").write_text(json.dumps(content))
    assert dict(StoredCorpus(stored.folder).items()) == dict(stored.items())


def test_contexts_are_kept_and_have_a_checksum_of_their_own(stored, tmp_path):
    rows = [(identifier, passage._replace(context=f"Before. {passage.text}.")) for identifier, passage in ROWS]
    with_context = write_corpus(tmp_path / "contexts", "sw", rows)
    assert dict(with_context.items()) == {f"sw:{identifier}": passage for identifier, passage in rows}
    assert with_context["sw:7#0"].context == "Before. text 7."
    assert with_context.checksum == stored.checksum
    assert (stored.context_checksum, len(with_context.context_checksum)) == ("", 32)


def test_corpora_of_earlier_versions_have_no_contexts(stored):
    rows = [(f"sw:{identifier}", passage.title, passage.text) for identifier, passage in ROWS]
    schema = pa.schema(list(reader.SCHEMA)[:3])
    with pa.ipc.new_file(str(stored.folder / "passages.arrow"), schema) as file:
        for start in range(0, 10, 4):
            columns = [pa.array(column) for column in zip(*rows[start : start + 4], strict=True)]
            file.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    sizes = {path.name: path.stat().st_size for path in stored.folder.iterdir() if path.name != "corpus.json"}
    sums = StoredBatches(stored.folder / "passages.arrow", schema).checksums()
    rewrite(stored.folder / "corpus.json", format=1, batches=sums, bytes=sizes)
    earlier = StoredCorpus(stored.folder)
    assert dict(earlier.items()) == {f"sw:{identifier}": passage for identifier, passage in ROWS}
    assert earlier["sw:7#0"] == Passage("text 7", "title 1")
    assert earlier.context_checksum == ""


def test_batches_of_long_texts_have_fewer_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_CHARACTERS", 1000)
    rows = [(str(number), Passage("x" * length)) for number, length in enumerate([10, 600, 600, 3000, 1, 1, 1, 1, 1])]
    stored = write_corpus(tmp_path / "long", "sw", rows)
    assert stored._batches.rows == [3, 1, 4, 1]
    assert [stored.identifier(position) for position in range(9)] == [f"sw:{number}" for number in range(9)]
    assert stored.identifiers([8, 3, 0, 4]) == ["sw:8", "sw:3", "sw:0", "sw:4"]
    assert [passage for _, passage in rows] == list(stored.values()) == [stored[identifier] for identifier in stored]


def test_whole_folder_takes_a_damaged_ones_place(stored):
    (stored.folder / "hashes.npy").unlink()
    assert len(write_corpus(stored.folder, "sw", ROWS)) == 10


def test_cache_folder_is_the_variables(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("BEIR_HYBRID_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "beir-hybrid"


def test_neither_writing_nor_reading_holds_the_corpus(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 64)
    text = "x" * 1000
    rows = ((str(number), Passage(f"{number} {text}")) for number in range(8000))  # 8 MB
    tracemalloc.start()
    stored = write_corpus(tmp_path / "sw", "sw", rows)
    assert sum(len(passage.text) for passage in stored.values()) > 8_000_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
