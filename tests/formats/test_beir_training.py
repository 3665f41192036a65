"""BEIR folders to train on."""

import pytest

from beir_hybrid.errors import LanguageError, MissingDataError
from beir_hybrid.formats.beir_training import BeirTraining
from beir_hybrid.testing import FormatContract

QRELS = "query-id\tcorpus-id\tscore\n"


@pytest.fixture
def write_folder(tmp_path, write_table):
    """Write a folder with documents and queries by id, and lines of judgements."""

    def write(documents, queries, judgements, **metadata):
        folder = tmp_path / "mine"
        documents = [{"_id": key, "title": "", "text": text, "metadata": {}} for key, text in documents.items()]
        queries = [{"_id": key, "text": text, "metadata": metadata} for key, text in queries.items()]
        write_table(folder / "corpus.jsonl", documents)
        write_table(folder / "queries.jsonl", queries)
        (folder / "qrels").mkdir()
        (folder / "qrels" / "train.tsv").write_text(QRELS + "".join("\t".join(row) + "\n" for row in judgements))
        return folder

    return write


DOCUMENTS = {"en:d1": "Me.", "de:d1": "Ich.", "en:d2": "You.", "de:d3": "Er."}
QUERIES = {"en:q": "Who?", "de:q": "Wer?"}
JUDGEMENTS = [("en:q", "en:d1", "1"), ("en:q", "en:d2", "0"), ("de:q", "de:d1", "2"), ("de:q", "en:d2", "0")]


class TestBeirTraining(FormatContract):
    name = "beir"
    rows = 2
    languages = ("de", "en")

    @pytest.fixture
    def sample(self, write_folder):
        return write_folder(DOCUMENTS, QUERIES, JUDGEMENTS, group="g")


def test_judgements_become_positives_and_negatives(write_folder, rows_of):
    rows, dropped = rows_of(BeirTraining(), write_folder(DOCUMENTS, QUERIES, JUDGEMENTS, group="g"))
    assert rows == [
        {
            "group": "g",
            "language": code,
            "question": QUERIES[f"{code}:q"],
            "passage": DOCUMENTS[f"{code}:d1"],
            "passage_language": code,
            "negatives": ["You."],
            "negative_languages": ["en"],
        }
        for code in ("en", "de")
    ]
    assert dropped == {}


def test_further_positives_are_groups_of_their_own(write_folder, rows_of):
    folder = write_folder(DOCUMENTS, QUERIES, [*JUDGEMENTS[:1], ("en:q", "en:d2", "1"), ("en:q", "de:d1", "1")])
    rows, dropped = rows_of(BeirTraining(), folder)
    assert [(row["group"], row["passage"]) for row in rows] == [("en:q", "Me."), ("en:q#2", "You.")]
    assert dropped == {"passages in another language beside one in the question's": 1}


def test_positive_in_another_language_is_used_where_there_is_no_other(write_folder, rows_of):
    [row], _ = rows_of(BeirTraining(), write_folder(DOCUMENTS, QUERIES, [("en:q", "de:d1", "1")]))
    assert (row["language"], row["passage_language"], row["passage"]) == ("en", "de", "Ich.")


def test_what_is_missing_is_counted(write_folder, rows_of):
    judgements = [*JUDGEMENTS, ("en:none", "en:d1", "1"), ("de:q", "de:none", "1"), ("x", "y", "z")]
    folder = write_folder(DOCUMENTS, QUERIES | {"en:other": "What?"}, [*judgements, ("en:other", "en:d1", "0")])
    assert rows_of(BeirTraining(), folder)[1] == {
        "judgements of a query that is not there": 1,
        "judgements of a document that is not there": 1,
        "score of another type": 1,
        "no relevant passage": 1,
    }


def test_language_must_be_said(write_folder, rows_of):
    folder = write_folder({"d": "Me."}, {"q": "Who?"}, [("q", "d", "1")])
    with pytest.raises(LanguageError, match="does not say the language of 'd'"):
        rows_of(BeirTraining(), folder)
    assert rows_of(BeirTraining(language="en"), folder)[0][0]["language"] == "en"


def test_split_must_be_there(write_folder, rows_of):
    folder = write_folder(DOCUMENTS, QUERIES, JUDGEMENTS)
    assert not BeirTraining(split="dev").recognizes(folder)
    with pytest.raises(MissingDataError, match=r"qrels/dev\.tsv"):
        rows_of(BeirTraining(split="dev"), folder)
