"""Loading pairs to train on."""

import json
import logging
import subprocess
import sys

import pytest

from beir_hybrid import load_pairs, open_pairs
from beir_hybrid.datasets import load_sources
from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, MissingDataError
from beir_hybrid.formats import build_store, load, open_source
from beir_hybrid.pairs import Pair, ParallelPairs, StoredPairs


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "own.jsonl"
    rows = [{"group": "1", "language": code, "question": f"{code}?", "passage": f"{code}."} for code in ("de", "en")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_pairs_of_a_json_lines_file(jsonl):
    pairs = load_pairs(jsonl, languages=["de"])
    assert (pairs.name, pairs.languages) == ("own", ("de",))
    assert pairs.table.to_pylist() == [{"group": "1", "language": "de", "question": "de?", "passage": "de."}]


def test_pairs_of_an_arrow_file(tmp_path):
    path = tmp_path / "own.arrow"
    ParallelPairs.from_pairs("other", [Pair("1", "en", "1?", "One.")]).save(path)
    assert load_pairs(str(path)).table["passage"].to_pylist() == ["One."]


def test_language_that_a_file_lacks_is_told(jsonl):
    with pytest.raises(LanguageError, match="own has no language 'fr'"):
        load_pairs(jsonl, languages=["fr"])


def test_file_takes_no_option(jsonl):
    with pytest.raises(ConfigurationError, match="A file of pairs has no option 'split'"):
        load_pairs(jsonl, split="train")


@pytest.mark.parametrize("name", ["none.jsonl", "none.arrow"])
def test_missing_file_of_pairs_is_told(tmp_path, name):
    with pytest.raises(MissingDataError, match=f"There is no file .*{name}"):
        load_pairs(tmp_path / name)


def test_folder_named_like_a_dataset_does_not_hide_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample").mkdir()
    assert load_pairs("sample", languages=["en"]).name == "sample"


@pytest.fixture
def files(tmp_path):
    """Two files of pairs: one/data.jsonl in German and English, two/data.jsonl in English alone."""

    def write(folder, languages):
        path = tmp_path / folder / "data.jsonl"
        path.parent.mkdir()
        rows = [
            {"group": f"{folder}{number}", "language": language, "question": f"q{number}", "passage": f"p{number}"}
            for number in range(3)
            for language in languages
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    return write("one", ["de", "en"]), write("two", ["en"])


def test_sources_stand_side_by_side_in_their_order(files):
    assert [len(pairs) for pairs in load_sources(files)] == [6, 3]


def test_sources_of_one_name_are_called_by_what_they_are_given_as(files):
    assert [pairs.name for pairs in load_sources(files)] == list(files)


def test_each_source_keeps_the_chosen_languages_that_it_has(files):
    assert [pairs.languages for pairs in load_sources(files, languages=["de", "en"])] == [("de", "en"), ("en",)]


@pytest.mark.parametrize("languages", [["de"], ["en", "fr"]], ids=["one source has none", "no source has it"])
def test_languages_that_leave_nothing_are_refused(files, languages):
    with pytest.raises(LanguageError):
        load_sources(files, languages=languages)


def test_source_given_twice_is_refused(files):
    with pytest.raises(ConfigurationError, match="given twice"):
        load_sources([files[0], files[0]])


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The user's cache of stores."""
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pairs"


@pytest.fixture
def foreign(tmp_path, write_table):
    """A file of another format, with a row that cannot be used."""
    rows = [{"query": f"q{number}", "pos": [f"p{number}"], "neg": ["n"]} for number in range(3)]
    return write_table(tmp_path / "de.jsonl", [*rows, {"query": "", "pos": ["p"], "neg": []}])


def test_files_of_other_formats_are_built_into_a_store_once(cache, foreign, caplog):
    caplog.set_level(logging.INFO, "beir_hybrid")
    pairs = load_pairs(foreign)
    assert isinstance(pairs, StoredPairs)
    assert (pairs.name, pairs.languages, len(pairs)) == ("de", ("de",), 3)
    assert caplog.text.count("is built into a store") == 1
    assert f"{foreign}: left out 1 rows with empty question" in caplog.text
    assert open_pairs(foreign).checksum == pairs.checksum
    assert caplog.text.count("is built into a store") == 1
    assert [path.name[:3] for path in cache.iterdir()] == ["de-"]


def test_changed_file_and_other_options_make_another_store(cache, foreign, write_table):
    load_pairs(foreign)
    write_table(foreign, [{"query": "a", "pos": ["b"], "neg": []}])
    assert len(load_pairs(foreign)) == 1
    assert load_pairs(foreign, spec="flag-embedding(language='fr')").languages == ("fr",)
    assert len(list(cache.iterdir())) == 3


def test_large_files_of_ours_are_built_into_a_store_in_the_chosen_languages(cache, jsonl, monkeypatch):
    monkeypatch.setattr(load, "_SMALL", 10)
    pairs = load_pairs(jsonl, languages=["de"])
    assert isinstance(pairs, StoredPairs)
    assert (pairs.languages, pairs.store.languages, len(pairs)) == (("de",), ("de",), 1)


def test_large_files_with_columns_are_built_into_a_store(cache, tmp_path, write_table, monkeypatch):
    path = write_table(tmp_path / "mine.csv", [{"a": "a question", "b": "p"}])
    monkeypatch.setattr(load, "_SMALL", 10)
    pairs = load_pairs(path, columns=["question=a", "passage=b", "language:de"])
    assert isinstance(pairs, StoredPairs)
    assert len(list(cache.iterdir())) == 1


def test_pairs_are_the_same_from_memory_and_from_the_cache(cache, jsonl, monkeypatch):
    memory = load_pairs(jsonl)
    monkeypatch.setattr(load, "_SMALL", 10)
    stored = load_pairs(jsonl)
    assert (stored.checksum, stored.name, stored.languages) == (memory.checksum, memory.name, memory.languages)


def test_stores_are_opened_whatever_the_format_of_other_sources(cache, foreign, tmp_path):
    build_store([open_source(foreign)], tmp_path / "store")
    sources = load_sources([str(tmp_path / "store"), str(foreign)], spec="flag-embedding")
    assert [len(pairs) for pairs in sources] == [3, 3]


def test_stores_of_one_name_stay_on_disk(foreign, tmp_path):
    places = [tmp_path / folder / "store" for folder in ("one", "other")]
    for place in places:
        place.parent.mkdir()
        build_store([open_source(foreign)], place)
    sources = load_sources(list(map(str, places)))
    assert [pairs.name for pairs in sources] == list(map(str, places))
    assert all(isinstance(pairs, StoredPairs) for pairs in sources)
    assert [pairs.index.name for pairs in sources] == list(map(str, places))


@pytest.mark.parametrize("name", ["no.folder", "none.jsonl"])
def test_what_is_not_there_is_told(name):
    with pytest.raises(MissingDataError, match=f"There is no file {name}"):
        open_pairs(name)


def test_file_of_no_format_names_the_formats(tmp_path):
    (tmp_path / "x.txt").write_text("nothing")
    with pytest.raises(DataFormatError, match=r"is of no known format: .*flag-embedding"):
        load_pairs(tmp_path / "x.txt")


def test_broken_line_of_a_small_file_of_ours_is_named(jsonl):
    jsonl.write_text(jsonl.read_text() + "{\n")
    with pytest.raises(DataFormatError, match=r"own\.jsonl:3"):
        load_pairs(jsonl)


SCRIPT = """
import logging, sys
from beir_hybrid import load_pairs
if __name__ == "__main__":
    logging.basicConfig(level="INFO")
    print(len(load_pairs(sys.argv[1])))
"""


def test_processes_that_start_at_once_build_one_store(cache, foreign, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    words = [sys.executable, str(tmp_path / "script.py"), str(foreign)]
    started = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [process.communicate(timeout=60) for process in started]
    assert [output for output, _ in outputs] == ["3\n"] * 3
    assert sum("is built into a store" in errors for _, errors in outputs) == 1
    assert len(list(cache.iterdir())) == 1
