import json

import pytest

from beir_hybrid.errors import DataFormatError, OutputError
from beir_hybrid.passage import Passage
from beir_hybrid_pyserini.export import CORPUS, write_jsonl

CORPORA = {
    "en": {"en:1": Passage("text\nin lines", "Title"), "en:2": Passage("no title")},
    "zh": {"zh:1": Passage("“文”"), "zh:2": Passage("")},
}


def test_passages_are_lines_with_title_and_text_in_one(tmp_path):
    assert write_jsonl(tmp_path / "corpus", CORPORA)
    assert not write_jsonl(tmp_path / "corpus", CORPORA)  # it is just so already
    path = tmp_path / "corpus" / CORPUS
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows == [
        {"id": "en:1", "text": "Title text\nin lines"},
        {"id": "en:2", "text": "no title"},
        {"id": "zh:1", "text": "“文”"},
        {"id": "zh:2", "text": " "},
    ]


def test_pyserini_reads_every_text_as_it_is(java, tmp_path):
    from pyserini.encode import JsonlCollectionIterator

    write_jsonl(tmp_path / "corpus", CORPORA)
    found = JsonlCollectionIterator(str(tmp_path / "corpus"), ["text"]).all_info
    assert found == {"id": ["en:1", "en:2", "zh:1", "zh:2"], "text": ["Title text\nin lines", "no title", "“文”", ""]}


def test_folder_must_hold_nothing_else(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(OutputError, match=r"'notes\.txt', which Pyserini would read as well"):
        write_jsonl(tmp_path, CORPORA, overwrite=True)
    with pytest.raises(OutputError, match="is a file"):
        write_jsonl(tmp_path / "notes.txt", CORPORA)


def test_file_is_replaced_only_if_asked_for(tmp_path):
    (tmp_path / CORPUS).write_text("theirs")
    with pytest.raises(OutputError, match="exists already"):
        write_jsonl(tmp_path, CORPORA)
    assert (tmp_path / CORPUS).read_text() == "theirs"
    write_jsonl(tmp_path, CORPORA, overwrite=True)
    assert len((tmp_path / CORPUS).read_text(encoding="utf-8").splitlines()) == 4


def test_id_with_a_blank_is_refused_and_nothing_written(tmp_path):
    with pytest.raises(DataFormatError, match="'en 1'"):
        write_jsonl(tmp_path / "corpus", {"en": {"en 1": Passage("text")}})
    assert not (tmp_path / "corpus" / CORPUS).exists()
