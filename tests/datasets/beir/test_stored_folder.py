import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import time
import tracemalloc

import pytest

from beir_hybrid.datasets.beir import folder_corpus, reader, stored_folder
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.datasets.beir.folder_corpus import identity
from beir_hybrid.errors import DataFormatError
from beir_hybrid.passage import Passage
from beir_hybrid.storage import corpus_writer
from beir_hybrid.storage.corpus import StoredCorpus

QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\tde:4\t1\n"
LANGUAGES = ("de", "fr", "de", "fr", "de")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(reader, "IN_MEMORY", 0)
    return tmp_path / "cache" / "corpora"


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def passages():
    """Five passages in two languages, one of which has its language before its id."""
    return [
        {
            "_id": "de:4" if number == 4 else f"d{number}",
            "title": "T" * (number % 2),
            "text": f"Täxt {number}",
            "metadata": {"language": language, "context": f"c{number}" if number == 2 else ""},
        }
        for number, language in enumerate(LANGUAGES)
    ]


def write(folder, corpus=None, packed=False):
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    (folder / "qrels" / "test.tsv").write_text(QRELS)
    queries = [{"_id": "q1", "text": "?", "metadata": {"language": "fr"}}]
    for name, rows in (("corpus.jsonl", corpus or passages()), ("queries.jsonl", queries)):
        content = lines(rows).encode()
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return folder


def parts(collection):
    texts = {language: list(corpus.items()) for language, corpus in collection.corpora.items()}
    return list(texts), texts, collection.queries, collection.qrels, collection.notes, collection.checksums()


@pytest.mark.parametrize("packed", [False, True])
def test_stored_passages_are_those_read_into_memory(tmp_path, cache, monkeypatch, packed):
    folder = BeirFolder(write(tmp_path / "data", packed=packed))
    stored = folder.load()
    assert all(isinstance(corpus, StoredCorpus) for corpus in stored.corpora.values())
    monkeypatch.setattr(reader, "IN_MEMORY", 1 << 20)
    in_memory = folder.load()
    assert isinstance(in_memory.corpora["de"], dict)
    assert parts(stored) == parts(in_memory)
    assert list(stored.corpora["de"].items()) == [
        ("de:d0", Passage("Täxt 0")),
        ("de:d2", Passage("Täxt 2", "", "c2")),
        ("de:4", Passage("Täxt 4")),
    ]
    assert stored.qrels == {"fr:q1": {"fr:d1": 1, "de:4": 1}}


def test_file_is_read_once(tmp_path, cache, monkeypatch):
    folder = BeirFolder(write(tmp_path / "data"))
    first = folder.load()
    monkeypatch.setattr(stored_folder, "named_passages", lambda *arguments: pytest.fail("read again"))
    assert parts(folder.load()) == parts(first)
    assert len(list(cache.iterdir())) == 1


def test_changed_file_is_noticed_though_its_size_and_time_are_the_same(tmp_path, cache):
    folder = write(tmp_path / "data")
    assert BeirFolder(folder).load().corpora["fr"]["fr:d1"].text == "Täxt 1"
    path = folder / "corpus.jsonl"
    state = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("Täxt 1", "Täxt 9"), encoding="utf-8")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    assert BeirFolder(folder).load().corpora["fr"]["fr:d1"].text == "Täxt 9"
    assert len(list(cache.iterdir())) == 1  # in place of the earlier state


def test_copy_elsewhere_has_a_store_of_its_own(tmp_path, cache):
    first = BeirFolder(write(tmp_path / "data")).load()
    (tmp_path / "data").rename(tmp_path / "moved")
    write(tmp_path / "data", [*passages(), {"_id": "d9", "text": "x", "metadata": {"language": "de"}}])
    assert parts(BeirFolder(tmp_path / "moved").load())[:3] == parts(first)[:3]
    assert len(BeirFolder(tmp_path / "data").load().corpora["de"]) == 4


def test_store_of_a_file_that_changed_is_removed_when_nobody_has_used_it_for_a_month(tmp_path, cache, caplog):
    caplog.set_level("INFO", "beir_hybrid")
    names = ("changed", "gone", "away", "same", "recent")
    stores = {}
    for name in names:
        before = set(cache.glob("beir-*"))
        BeirFolder(write(tmp_path / name)).load()
        (stores[name],) = set(cache.glob("beir-*")) - before
        if name != "recent":
            os.utime(stores[name] / "folder.json", (time.time() - 31 * 86_400,) * 2)
    for name in ("changed", "recent"):
        write(tmp_path / name, passages()[:-1])
    (tmp_path / "gone" / "corpus.jsonl").unlink()
    (tmp_path / "away").rename(tmp_path / "elsewhere")
    BeirFolder(write(tmp_path / "new")).load()
    assert {name for name in names if not stores[name].exists()} == {"changed", "gone"}
    assert f"Removed {stores['gone']} from the cache" in caplog.text


def test_language_by_ids_and_by_option_are_told_apart(tmp_path, cache):
    folder = tmp_path / "data"
    write(folder, [{"_id": "d1", "text": "x"}, {"_id": "de:4", "text": "y"}])
    assert list(BeirFolder(folder).load().corpora) == ["und"]  # as d1 begins with none
    assert list(BeirFolder(folder).load(language="fr").corpora) == ["fr"]
    assert list(BeirFolder(folder).load().corpora["und"]) == ["und:d1", "und:de:4"]


def test_id_of_two_languages_is_told_with_both_lines(tmp_path, cache):
    twice = {"_id": "d0", "text": "x", "metadata": {"language": "fr"}}
    with pytest.raises(DataFormatError, match=r"corpus.jsonl:6: the id 'd0' occurs twice, first in line 1\. Make ids"):
        BeirFolder(write(tmp_path / "data", [*passages(), twice])).load()
    assert list(cache.iterdir()) == []


def test_colliding_hashes_of_different_ids_are_no_repetition(tmp_path, cache, monkeypatch):
    for module in (stored_folder, corpus_writer):
        monkeypatch.setattr(module, "hash_id", len)
    monkeypatch.setattr("beir_hybrid.storage.corpus.hash_id", len)
    assert BeirFolder(write(tmp_path / "data")).load().qrels == {"fr:q1": {"fr:d1": 1, "de:4": 1}}


def test_gzip_file_that_is_cut_off_is_told_in_a_line(tmp_path, cache):
    path = write(tmp_path / "data", packed=True) / "corpus.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataFormatError, match=r"corpus.jsonl.gz:\d+: the gzip file is cut off or damaged here") as told:
        BeirFolder(tmp_path / "data").load()
    assert "\n" not in str(told.value)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("limit", [0, 1 << 20])
def test_file_that_changes_while_it_is_read_is_told(tmp_path, cache, monkeypatch, limit):
    monkeypatch.setattr(reader, "IN_MEMORY", limit)
    path = write(tmp_path / "data") / "corpus.jsonl"
    read = folder_corpus.folder_rows

    def changing(*arguments):
        yield from read(*arguments)
        with path.open("a") as file:
            file.write(lines([{"_id": "d9", "text": "x", "metadata": {"language": "de"}}]))

    monkeypatch.setattr(folder_corpus, "folder_rows", changing)
    with pytest.raises(DataFormatError, match=r"corpus.jsonl was changed while it was read\. Run it again"):
        BeirFolder(tmp_path / "data").load()
    assert not cache.exists() or list(cache.iterdir()) == []


@pytest.mark.parametrize("file", ["folder.json", "hashes.npy", "places.npy", "0/passages.arrow", "1/corpus.json"])
@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_half_a_store_is_written_again(tmp_path, cache, file, damage):
    folder = BeirFolder(write(tmp_path / "data"))
    first = parts(folder.load())
    damage(next(cache.iterdir()) / file)
    assert parts(folder.load()) == first
    assert parts(folder.load()) == first


def test_on_a_full_disk_passages_are_read_into_memory_with_a_warning(tmp_path, cache, caplog):
    """The system refuses files beyond a limit as it does on a full disk."""
    write(tmp_path / "data", [{"_id": f"de:{number}", "text": "x" * 1000} for number in range(200)])
    (tmp_path / "data" / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tde:1\t1\n")
    (tmp_path / "data" / "queries.jsonl").write_text('{"_id": "q1", "text": "?", "metadata": {"language": "de"}}\n')
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        collection = BeirFolder(tmp_path / "data").load()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert isinstance(collection.corpora["de"], dict)
    assert len(collection.corpora["de"]) == 200
    (told,) = caplog.messages
    assert "corpus.jsonl is read into memory: " in told
    assert "cannot be written: " in told
    assert "BEIR_HYBRID_CACHE" in told
    assert list(cache.iterdir()) == []
    assert len(BeirFolder(tmp_path / "data").load().corpora["de"]) == 200


def test_without_a_cache_that_can_be_written_passages_are_read_into_memory(tmp_path, cache, caplog):
    folder = BeirFolder(write(tmp_path / "data"))
    cache.parent.write_text("a file")
    in_memory = folder.load()
    assert isinstance(in_memory.corpora["de"], dict)
    assert "corpus.jsonl is read into memory: " in caplog.text
    cache.parent.unlink()
    assert parts(folder.load()) == parts(in_memory)


def test_processes_at_once_do_one_another_no_harm(tmp_path, cache):
    folder = write(tmp_path / "data", [*passages(), *({"_id": f"de:{n}", "text": "x" * 99} for n in range(9, 3000))])
    script = (
        "import sys; from pathlib import Path\n"
        "from beir_hybrid.datasets.beir import reader; reader.IN_MEMORY = 0\n"
        "from beir_hybrid.datasets import load_dataset\n"
        "print(load_dataset(Path(sys.argv[1])).checksums())"
    )
    command = [sys.executable, "-c", script, str(folder)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert {process.communicate()[0].strip() for process in processes} == {str(BeirFolder(folder).load().checksums())}
    assert len(list(cache.iterdir())) == 1


def test_storing_holds_no_more_than_some_batches(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(stored_folder, "_WAITING", 200_000)
    codes = [f"a{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    rows = ({"_id": f"{codes[n % 26]}:{n}", "text": f"{n} " + "x" * 1000} for n in range(12_000))  # 12 MB
    folder = write(tmp_path / "data")
    with (folder / "corpus.jsonl").open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tab:1\t1\n")
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "?", "metadata": {"language": "ab"}}\n')
    tracemalloc.start()
    collection = BeirFolder(folder).load()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(map(len, collection.corpora.values())) == 12_000
    assert peak < 5_000_000


def test_identity_is_of_the_path_too(tmp_path):
    (tmp_path / "one").write_text("x")
    os.link(tmp_path / "one", tmp_path / "other")
    assert identity(tmp_path / "one") != identity(tmp_path / "other")
