"""mMARCO's raw files, made up: two groups of one question among them, ids without order, lines that differ."""

import pytest

from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, MissingDataError
from beir_hybrid.formats import blocks, mmarco, open_source
from beir_hybrid.formats.open import recognize
from beir_hybrid.pairs import open_pairs
from beir_hybrid.storage import pair_writer
from beir_hybrid.storage.pair_building import build_store
from beir_hybrid.testing import FormatContract

TRIPLES = [(20, 7, 1), (10, 3, 2), (20, 7, 2), (20, 7, 1), (10, 3, 5), (10, 9, 1), (20, 7, 5), (10, 3, 1)]
GROUPS = {"20:7", "10:3", "10:9"}


def put(folder, name, rows):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")


def put_language(folder, name, questions=(), passages=()):
    """Texts such as ``german passage 7``, in another order in each language; the given ones take their place."""
    ids = sorted(range(12), key=lambda number: (number * len(name)) % 13)
    texts = {number: f'{name} "passage {number}' for number in ids} | dict(passages)
    put(folder, f"collections/{name}_collection.tsv", [(number, text) for number, text in texts.items() if text])
    asked = {30: "not in the triples?", 20: f"{name} question 20?", 10: f"{name} question 10?"} | dict(questions)
    put(folder, f"queries/train/{name}_queries.train.tsv", [(number, text) for number, text in asked.items() if text])


@pytest.fixture
def folder(tmp_path):
    for name in ("english", "german", "dutch"):
        put_language(tmp_path / "mmarco/data/google", name)
    put(tmp_path / "mmarco", "data/triples.train.ids.small.tsv", TRIPLES)
    return tmp_path / "mmarco"


class TestMMarco(FormatContract):
    name = "mmarco"
    rows = 9
    languages = ("de", "en", "nl")

    @pytest.fixture
    def sample(self, folder):
        return folder


def read(folder, spec=None, languages=None):
    rows, counts = {}, {}
    for batch in open_source(folder, spec, languages).batches():
        rows |= {(row["group"], row["language"]): row for row in batch.rows.to_pylist()}
        for reason, count in batch.dropped.items():
            counts[reason] = counts.get(reason, 0) + count
    return rows, counts


@pytest.mark.parametrize("inner", ["", "data", "data/google"])
def test_folder_is_recognised_and_joined_by_id(folder, inner, tmp_path):
    if inner == "data/google":
        (folder / "data/triples.train.ids.small.tsv").rename(folder / inner / "triples.train.ids.small.tsv")
    assert recognize(folder / inner).name == "mmarco"
    rows, counts = read(folder / inner)
    assert counts == {}
    assert rows.keys() == {(group, language) for group in GROUPS for language in ("en", "de", "nl")}
    assert rows["10:9", "de"]["question"] == "german question 10?"
    assert rows["10:9", "nl"]["passage"] == 'dutch "passage 9'
    assert rows["10:9", "de"].get("negatives") is None


def test_store_gives_two_passages_of_a_question_one_answer(folder, tmp_path):
    build_store([open_source(folder, "mmarco(negatives=1)")], tmp_path / "store")
    pairs = open_pairs(tmp_path / "store")
    assert (pairs.languages, len(pairs.groups), len(pairs), pairs.negatives) == (("de", "en", "nl"), 3, 9, 1)
    assert len(set(pairs.index.answer.tolist())) == 2


def test_folder_without_triples_or_collections_is_no_mmarco(folder):
    (folder / "data/triples.train.ids.small.tsv").unlink()
    with pytest.raises(DataFormatError, match="of no known format"):
        recognize(folder)


@pytest.mark.parametrize("block", [64, 2**23])
def test_first_different_negatives_of_the_triples_are_kept(folder, block, monkeypatch):
    monkeypatch.setattr(blocks, "_BLOCK", block)
    rows, _ = read(folder, "mmarco(negatives=2)")
    assert rows["20:7", "de"]["negatives"] == ['german "passage 1', 'german "passage 2']
    assert rows["10:3", "en"]["negatives"] == ['english "passage 2', 'english "passage 5']
    assert rows["10:9", "nl"]["negatives"] == ['dutch "passage 1']


@pytest.mark.parametrize("size", [1, 2, 100])
def test_parts_of_any_size_hold_the_same_rows(folder, size, monkeypatch):
    put_language(folder / "data/google", "german", passages={2: "..", 7: None})
    expected = read(folder, "mmarco(negatives=3)")
    monkeypatch.setattr(mmarco, "_ROWS", size)
    assert read(folder, "mmarco(negatives=3)") == expected


@pytest.mark.parametrize("languages", [["de"], ["de", "en"]], ids=["translation alone", "with English"])
def test_texts_of_no_use_are_left_out_and_counted(folder, languages):
    passages = {3: ". . \u3002", 9: 'english "passage 9 ', 7: None, 1: "...", 2: None, 5: 'english "passage 5'}
    put_language(folder / "data/google", "german", {10: "german question 10?"}, passages)
    rows, counts = read(folder, "mmarco(negatives=3)", languages)
    assert {group for group, language in rows if language == "de"} == set()
    assert counts == {
        "no passage in UTF-8 by the id": 1,
        "an untranslated passage": 1,
        "a passage without letters and digits": 1,
        "no negative in UTF-8 by the id": 2,
        "an untranslated negative": 2,
        "a negative without letters and digits": 3,
    }


def test_row_with_two_faults_counts_once_and_good_negatives_stay(folder):
    put_language(folder / "data/google", "german", {10: "english question 10?", 20: None}, {3: "...", 1: "--"})
    rows, counts = read(folder, "mmarco(negatives=2)", ["de"])
    assert rows == {}
    assert counts["an untranslated question"] == 2
    assert counts["no question in UTF-8 by the id"] == 1
    assert "a passage without letters and digits" not in counts
    put_language(folder / "data/google", "german", passages={1: "--"})
    assert read(folder, "mmarco(negatives=2)", ["de"])[0]["20:7", "de"]["negatives"] == ['german "passage 2']


def test_nothing_is_compared_where_english_is_missing(folder):
    for file in (folder / "data/google").rglob("english*"):
        file.unlink()
    put_language(folder / "data/google", "german", passages={9: 'english "passage 9'})
    rows, counts = read(folder)
    assert ({language for _, language in rows}, counts) == ({"de", "nl"}, {})


def test_dutch_has_the_code_that_is_asked_for(folder):
    assert {language for _, language in read(folder, languages=["dt", "de"])[0]} == {"dt", "de"}


def test_empty_lines_of_texts_are_left_to_the_store_which_counts_them(folder, tmp_path):
    put_language(folder / "data/google", "german", passages={9: "  "})
    store = build_store([open_source(folder)], tmp_path / "store")
    assert store.about["left_out"] == {"empty passage": 1}


def test_language_and_files_that_are_missing_are_named(folder):
    with pytest.raises(LanguageError, match=r"has no language 'fr'\. Known: .*en"):
        read(folder, languages=["fr"])
    (folder / "data/google/queries/train/german_queries.train.tsv").unlink()
    with pytest.raises(MissingDataError, match=r"has no file queries/train/german_queries\.train\.tsv"):
        read(folder)


@pytest.mark.parametrize("name", ["data/triples.train.ids.small.tsv", "data/google/collections/german_collection.tsv"])
def test_wrong_columns_are_refused(folder, name):
    put(folder, name, [("a", "b", "c")])
    with pytest.raises(DataFormatError, match=f"{name.rpartition('/')[2]} "):
        read(folder)


@pytest.mark.parametrize("negatives", [-1, True, "two"])
def test_option_out_of_range_is_refused(negatives):
    with pytest.raises(ConfigurationError, match="Give a whole number from 0 on"):
        mmarco.MMarco(negatives)


def test_interrupted_build_is_continued_to_the_same_store(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(mmarco, "_ROWS", 1)
    monkeypatch.setattr(pair_writer, "SHARD_ROWS", 2)
    put_language(folder / "data/google", "german", passages={7: "..."})
    whole = build_store([open_source(folder, "mmarco(negatives=1)")], tmp_path / "whole", name="x")
    join, calls = mmarco._Triples.join, []

    def interrupted(self, *args):
        calls.append(args)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return join(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(mmarco._Triples, "join", interrupted)
        with pytest.raises(KeyboardInterrupt):
            build_store([open_source(folder, "mmarco(negatives=1)")], tmp_path / "store", name="x")
    again = build_store([open_source(folder, "mmarco(negatives=1)")], tmp_path / "store", name="x")
    assert again.about == whole.about
