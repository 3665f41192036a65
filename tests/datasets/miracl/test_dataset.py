import gzip
import json
import logging
import os

import pytest

from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.datasets.miracl.dataset import MIRACL, RELEASE
from beir_hybrid.datasets.protocol import Dataset
from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, MissingDataError
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus import StoredCorpus

TOPICS = {"sw": "6\tBandari?\n8\tMji mkuu?\n", "yo": "6\tKí ni?\n"}
QRELS = {"sw": "6\tQ0\t1#0\t1\n6\tQ0\t4#0\t0\n8\tQ0\t2#0\t1\n", "yo": "6\tQ0\t1#0\t1\n"}
DOCUMENTS = {"sw": 9, "yo": 3}


def put(folder, language, split="dev", topics=None, qrels=None):
    base = folder / f"miracl-v1.0-{language}"
    for kind, content in (("topics", topics or TOPICS[language]), ("qrels", qrels or QRELS[language])):
        (base / kind).mkdir(parents=True, exist_ok=True)
        (base / kind / f"{kind}.{base.name}-{split}.tsv").write_text(content, encoding="utf-8")


def put_shard(folder, language, number, identifiers, text="{language} text {identifier}"):
    path = folder / f"miracl-corpus-v1.0-{language}" / f"docs-{number}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = (
        {"docid": name, "title": f"title {name}", "text": text.format(language=language, identifier=name)}
        for name in identifiers
    )
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BEIR_HYBRID_DATA", raising=False)
    return tmp_path / "cache" / "corpora"


@pytest.fixture
def folder(tmp_path, cache):
    """Swahili with nine documents in two shards, Yoruba with three in one; ids repeat between the languages."""
    for language, count in DOCUMENTS.items():
        put(tmp_path / "hub", language)
        identifiers = [f"{number}#0" for number in range(count)]
        put_shard(tmp_path / "hub", language, 0, identifiers[:5])
        if identifiers[5:]:
            put_shard(tmp_path / "hub", language, 1, identifiers[5:])
    return tmp_path / "hub"


def load(folder, **options):
    return load_dataset("miracl", source=folder, **({"languages": ["sw", "yo"]} | options))


def texts(collection, language="sw"):
    return [passage.text for passage in collection.corpora[language].values()]


def test_it_is_a_dataset_of_eighteen_languages():
    assert all(hasattr(MIRACL, part) for part in Dataset.__annotations__)
    assert len(MIRACL.languages) == 18
    assert list(MIRACL.languages) == sorted(MIRACL.languages)
    assert sum(queries for _, queries in RELEASE.values()) == 13_495


def test_ids_carry_their_language_and_judgements_stay_in_it(folder):
    collection = load(folder)
    assert collection.queries == {
        "sw": {"sw:6": "Bandari?", "sw:8": "Mji mkuu?"},
        "yo": {"yo:6": "Kí ni?"},
    }
    assert collection.qrels == {"sw:6": {"sw:1#0": 1, "sw:4#0": 0}, "sw:8": {"sw:2#0": 1}, "yo:6": {"yo:1#0": 1}}
    assert {language: len(corpus) for language, corpus in collection.corpora.items()} == DOCUMENTS
    assert collection.corpora["sw"]["sw:8#0"] == Passage("sw text 8#0", "title 8#0")
    assert collection.passage_text == "title+text"


def test_pool_of_languages_never_collides(folder):
    passages, queries, _ = load(folder).beir()
    assert (len(passages), len(queries)) == (12, 3)


@pytest.mark.parametrize("inner", ["", "miracl", "apart"])
def test_folder_may_have_the_hubs_two_datasets_in_sub_folders(folder, tmp_path, inner):
    if inner:
        target = tmp_path / "data"
        for path in list(folder.iterdir()):
            apart = "miracl-corpus" if path.name.startswith("miracl-corpus") else "miracl"
            place = target / (apart if inner == "apart" else inner)
            place.mkdir(parents=True, exist_ok=True)
            path.rename(place / path.name)
        folder = target
    assert len(load(folder).corpora["sw"]) == 9


def test_variable_names_the_folder(folder, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_DATA", str(folder))
    assert len(load(None).corpora["sw"]) == 9


def test_second_load_reads_the_stored_corpus(folder, cache, monkeypatch):
    first = load(folder)
    monkeypatch.setattr(gzip, "GzipFile", lambda **options: pytest.fail("read again"))
    second = load(folder)
    assert isinstance(second.corpora["sw"], StoredCorpus)
    assert second.corpora["sw"].folder.parent == cache
    assert second.checksums() == first.checksums()


def test_changed_shard_is_read_again(folder):
    before = load(folder)
    path = put_shard(folder, "sw", 1, ["5#0", "6#0", "7#0", "8#0"], "{language} TEXT {identifier}")
    assert texts(load(folder))[-1] == "sw TEXT 8#0"
    assert texts(before)[-1] == "sw text 8#0"
    os.utime(path, ns=(1, 1))  # the same bytes at another time: read again as well, and the same
    assert texts(load(folder))[-1] == "sw TEXT 8#0"


@pytest.mark.parametrize("file", ["passages.arrow", "positions.npy", "corpus.json"])
def test_damaged_stored_corpus_is_made_again(folder, file, caplog):
    path = load(folder).corpora["sw"].folder / file
    path.write_bytes(path.read_bytes()[:20])
    assert texts(load(folder)) == [f"sw text {number}#0" for number in range(9)]
    assert "The corpus is read again" in caplog.text


def test_what_differs_from_the_release_is_said(folder, caplog):
    with caplog.at_level(logging.WARNING):
        notes = load(folder, languages="yo").notes
    assert notes == (
        "the yo corpus holds 3 passages, the release 49,043: not comparable",
        "the yo topics hold 1 queries, the release 119: not comparable",
    )
    assert [record.getMessage() for record in caplog.records] == [f"miracl: {note}" for note in notes]


def test_whole_release_needs_no_note(folder, monkeypatch):
    monkeypatch.setitem(RELEASE, "yo", (3, 1))
    assert load(folder, languages="yo").notes == ()


def test_query_without_a_relevant_passage_is_said(folder, monkeypatch):
    monkeypatch.setitem(RELEASE, "yo", (3, 2))
    put(folder, "yo", topics="6\tKí ni?\n7\tTa ni?\n", qrels="6\tQ0\t1#0\t1\n7\tQ0\t1#0\t0\n")
    assert load(folder, languages="yo").notes == ("yo queries that have no relevant passage and are left out: 1",)


def test_judged_only_keeps_relevant_and_other_judged_passages(folder):
    collection = load(folder, judged_only=True)
    assert list(collection.corpora["sw"]) == ["sw:1#0", "sw:2#0", "sw:4#0"]
    assert collection.qrels == load(folder).qrels
    assert collection.notes[0] == "corpora hold only the judged passages: not comparable with results on full corpora"
    assert collection.select(["sw"]).notes == collection.notes


def test_sample_holds_the_judged_and_as_many_others(folder):
    collection = load(folder, sample_passages=2)
    identifiers = list(collection.corpora["sw"])
    assert {"sw:1#0", "sw:2#0", "sw:4#0"} < set(identifiers)
    assert len(identifiers) == 5
    assert identifiers == sorted(identifiers)  # in the files' order
    assert len(collection.corpora["yo"]) == 3
    assert collection.notes[0].startswith("corpora hold the judged passages and 2 others per language, drawn at random")


@pytest.mark.parametrize("options", [{"judged_only": True}, {"sample_passages": 3}], ids=str)
def test_subset_is_the_same_from_shards_and_from_the_stored_corpus(folder, monkeypatch, tmp_path, options):
    from_shards = load(folder, **options)
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "other"))
    load(folder)
    assert load(folder, **options).checksums() == from_shards.checksums()


def test_sample_does_not_depend_on_the_languages_loaded(folder, monkeypatch, tmp_path):
    both = load(folder, sample_passages=2)
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "other"))
    assert list(load(folder, languages="sw", sample_passages=2).corpora["sw"]) == list(both.corpora["sw"])


@pytest.mark.parametrize(
    "options", [{"sample_passages": 0}, {"sample_passages": True}, {"sample_passages": 2, "judged_only": True}], ids=str
)
def test_sample_that_makes_no_sense_is_refused(folder, options):
    with pytest.raises(ConfigurationError, match="sample_passages"):
        load(folder, **options)


def test_other_split_is_loaded_where_there_are_files(folder):
    put(folder, "sw", "train", topics="1\tNani?\n", qrels="1\tQ0\t3#0\t1\n")
    assert load(folder, languages=["sw"], split="train").queries == {"sw": {"sw:1": "Nani?"}}


def test_split_that_a_language_lacks_is_told_with_those_it_has(folder):
    put(folder, "sw", "train")
    with pytest.raises(ConfigurationError, match=r"no files of the split 'train' in 'yo' .*Known: dev\."):
        load(folder, split="train")


def test_split_without_judgements_is_told(folder):
    put(folder, "sw", "test-a")
    (folder / "miracl-v1.0-sw" / "qrels" / "qrels.miracl-v1.0-sw-test-a.tsv").unlink()
    with pytest.raises(ConfigurationError, match="no qrels of the split 'test-a' in 'sw'"):
        load(folder, split="test-a")


def test_judgement_of_a_document_that_the_corpus_lacks_is_told(folder):
    put(folder, "sw", qrels="6\tQ0\t1#0\t1\n8\tQ0\t99#0\t0\n")
    with pytest.raises(DataFormatError, match=r"sw-dev\.tsv:2: the corpus .*corpus-v1\.0-sw has no document '99#0'"):
        load(folder)


@pytest.mark.parametrize("options", [{}, {"judged_only": True}], ids=str)
def test_document_that_occurs_twice_is_told(folder, cache, options):
    put_shard(folder, "sw", 1, ["5#0", "2#0", "6#0"])
    with pytest.raises(DataFormatError, match=r"the document id '2#0' occurs twice"):
        load(folder, languages="sw", **options)
    assert list(cache.iterdir()) == []


def test_both_places_of_a_repeated_document_are_told(folder):
    put_shard(folder, "sw", 1, ["5#0", "2#0", "6#0"])
    with pytest.raises(DataFormatError, match=r"docs-1\.jsonl\.gz:2: .*first at .*docs-0\.jsonl\.gz:3\."):
        load(folder)


def test_shard_that_is_cut_off_is_told_and_nothing_is_stored(folder, cache):
    path = folder / "miracl-corpus-v1.0-sw" / "docs-1.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataFormatError, match=r"docs-1\.jsonl\.gz:\d+: the gzip file is cut off"):
        load(folder)
    assert list(cache.iterdir()) == []


def test_gap_between_shards_is_told(folder):
    put_shard(folder, "sw", 3, ["9#0"])
    with pytest.raises(DataFormatError, match=r"lacks miracl-corpus-v1\.0-sw/docs-2\.jsonl\.gz, one of 4 shards"):
        load(folder)


def test_eleventh_shard_comes_after_the_tenth(folder):
    for number in range(2, 11):
        put_shard(folder, "sw", number, [f"{number}#1"])
    assert list(load(folder).corpora["sw"])[-2:] == ["sw:9#1", "sw:10#1"]


@pytest.mark.parametrize(
    ("languages", "message"), [(["sw", "sw"], "'sw' is given twice"), (["tr"], "miracl has no language 'tr'")]
)
def test_wrong_choice_of_languages_is_refused(folder, languages, message):
    with pytest.raises(LanguageError, match=message):
        load(folder, languages=languages)


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("miracl-v1.0-sw", r"holds no folder miracl-v1\.0-sw, neither"),
        ("miracl-corpus-v1.0-sw", r"holds no folder miracl-corpus-v1\.0-sw, neither"),
        ("miracl-v1.0-sw/qrels", r"holds no topics and qrels in miracl-v1\.0-sw"),
    ],
)
def test_source_that_lacks_files_is_told(folder, tmp_path, lost, message):
    (folder / lost).rename(tmp_path / "elsewhere")
    with pytest.raises(MissingDataError, match=message):
        load(folder)


def test_source_that_does_not_exist_is_told(tmp_path, cache):
    with pytest.raises(MissingDataError, match="nowhere does not exist"):
        load(tmp_path / "nowhere")


def test_real_judgements_meet_a_corpus_of_their_documents(data, tmp_path, cache):
    """Swahili and Yoruba as released, with stand-ins for the texts of the judged passages."""
    for language in ("sw", "yo"):
        real = data / "miracl" / f"miracl-v1.0-{language}"
        (tmp_path / real.name).symlink_to(real)
        lines = (real / "qrels" / f"qrels.{real.name}-dev.tsv").read_text(encoding="utf-8").splitlines()
        put_shard(tmp_path, language, 0, dict.fromkeys(line.split("\t")[2] for line in lines))
    collection = load(tmp_path)
    assert {language: len(queries) for language, queries in collection.queries.items()} == {"sw": 482, "yo": 119}
    assert collection.qrels["sw:6"]["sw:32589#0"] == 1
    assert collection.qrels["sw:6"]["sw:33690#3"] == 0
    assert sum(len(judged) for query, judged in collection.qrels.items() if query.startswith("sw")) == 5092
    assert len(collection.beir(queries="yo", corpus="yo")[1]) == 119


def test_relevant_passages_are_pairs_of_groups_of_their_own_with_the_others_judged_as_negatives(folder, caplog):
    put(
        folder,
        "sw",
        "train",
        qrels="6\tQ0\t4#0\t0\n6\tQ0\t1#0\t1\n6\tQ0\t0#0\t0\n6\tQ0\t8#0\t1\n6\tQ0\t99#0\t0\n8\tQ0\t99#1\t1\n",
    )
    pairs = load_pairs("miracl", source=folder, languages=["sw"])
    negatives = ["title 4#0 sw text 4#0", "title 0#0 sw text 0#0"]
    row = {"language": "sw", "question": "Bandari?", "negatives": negatives}
    assert pairs.table.to_pylist() == [
        row | {"group": "sw:6:1", "passage": "title 1#0 sw text 1#0"},
        row | {"group": "sw:6:2", "passage": "title 8#0 sw text 8#0"},
    ]
    assert pairs.index.answer.tolist() == [0, 0]  # never in one batch
    for reason in (
        "a negative that the corpus lacks: 1",
        "a passage that the corpus lacks: 1",
        "no relevant passage: 1",
    ):
        assert f"miracl: left out: {reason}" in caplog.text


def test_languages_without_a_train_split_have_no_pairs(folder):
    with pytest.raises(LanguageError, match="miracl train has no language 'yo'"):
        load_pairs("miracl", source=folder, languages=["yo"])
    assert load_pairs("miracl", source=folder, languages=["yo"], split="dev").languages == ("yo",)
