"""Ids of ir_datasets to train on."""

import pytest

from beir_hybrid import load_pairs
from beir_hybrid.errors import ConfigurationError, LanguageError, UnknownNameError
from beir_hybrid.formats.irds import Irds

DOCUMENTS = {
    "de": {"1": "Der Fluss", "2": "Der Berg", "3": "Das Meer"},
    "fr": {"1": "Le fleuve", "2": "La montagne", "3": "La mer"},
}
QRELS = [("7", "1", 1), ("8", "2", 1), ("8", "3", 2), ("7", "2", 0)]
DOCPAIRS = [("7", "1", "3"), ("7", "1", "2"), ("8", "2", "1")]


@pytest.fixture
def parallel(made_ids):
    """Two ids of the same judgements, as mMARCO has one for each language."""
    for code, documents in DOCUMENTS.items():
        queries = [("7", f"{code} river?"), ("8", f"{code} mountain?")]
        made_ids(f"made/{code}/train", documents.items(), queries, QRELS, DOCPAIRS, lang=code)


def test_translations_are_in_the_group_of_query_and_document(parallel):
    pairs = load_pairs("irds:made/*/train")
    assert pairs.languages == ("de", "fr")
    assert len(pairs.groups) == 3
    of_group = {row["language"]: row["passage"] for row in pairs.table.to_pylist() if row["group"].endswith(":8:3")}
    assert of_group == {"de": "Das Meer", "fr": "La mer"}


def test_documents_of_grade_0_are_negatives(parallel, rows_of):
    rows, dropped = rows_of(Irds(), "irds:made/de/train")
    assert [row.get("negatives") for row in rows] == [["Der Berg"], None, None]
    assert dropped == {}


def test_pairs_of_documents_give_further_negatives_the_first_of_each_query(parallel, rows_of):
    rows, _ = rows_of(Irds(negatives=1), "irds:made/fr/train")
    assert [row["negatives"] for row in rows] == [["La montagne", "La mer"], ["Le fleuve"], ["Le fleuve"]]


def test_pairs_of_documents_say_what_is_relevant_where_there_are_no_qrels(made_ids, rows_of):
    made_ids("made/triples", DOCUMENTS["de"].items(), [("7", "Fluss?")], docpairs=DOCPAIRS, lang="de")
    rows, dropped = rows_of(Irds(), "irds:made/triples")
    assert [(row["question"], row["passage"], "negatives" in row) for row in rows] == [("Fluss?", "Der Fluss", False)]
    assert dropped == {"judgements of a query that is not there": 1}


def test_ids_that_are_no_translations_have_groups_of_their_own(made_ids):
    for code, document in (("sw", "1#0"), ("te", "9#4")):
        made_ids(f"made/{code}", [(document, f"{code} text")], [("0", f"{code}?")], [("0", document, 1)], lang=code)
    assert len(load_pairs("irds:made/sw+made/te").groups) == 2


def test_what_is_not_there_is_counted(made_ids, rows_of):
    made_ids("made/some", [("1", "text")], [("7", "q?")], [("7", "1", 1), ("7", "gone", 1), ("8", "1", 1)], lang="de")
    rows, dropped = rows_of(Irds(), "irds:made/some")
    assert len(rows) == 1
    assert dropped == {"judgements of a document that is not there": 1, "judgements of a query that is not there": 1}


def test_only_the_languages_chosen_are_read(parallel, made_ids):
    made_ids("made/it/train", [("1", "Il fiume")], [("7", "it?")], [("7", "1", 1)], lang="it")
    assert load_pairs("irds:made/*/train", languages=["it", "fr"]).languages == ("fr", "it")
    with pytest.raises(LanguageError, match="made-all-train has no language 'xx'"):
        load_pairs("irds:made/*/train", languages=["xx"])


def test_format_has_one_option(parallel):
    assert load_pairs("irds:made/*/train", spec="irds(negatives=2)").columns.count("negatives") == 1
    with pytest.raises(ConfigurationError, match="negatives is -1"):
        load_pairs("irds:made/*/train", spec="irds(negatives=-1)")
    with pytest.raises(UnknownNameError, match=r"no id 'made/de/tran'. Did you mean 'made/de/train'"):
        load_pairs("irds:made/de/tran")


def test_the_same_ids_are_read_once(parallel, monkeypatch):
    load_pairs("irds:made/*/train")
    monkeypatch.setattr(Irds, "read", lambda *given: pytest.fail("read again"))
    assert len(load_pairs("irds:made/*/train")) == 6
