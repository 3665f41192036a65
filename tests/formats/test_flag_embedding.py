"""FlagEmbedding's files."""

import json

import pytest

from beir_hybrid.errors import ConfigurationError, LanguageError
from beir_hybrid.formats.flag_embedding import FlagEmbedding
from beir_hybrid.testing import FormatContract

ROWS = [
    {"query": "Wer?", "pos": ["Ich.", "Du."], "neg": ["Er."], "pos_scores": [0.9, 1], "neg_scores": [0.1]},
    {"query": "Was?", "pos": ["Das."], "neg": ["Nichts.", "Alles."], "pos_scores": [1], "neg_scores": [0.2, 0.3]},
]


@pytest.fixture
def path(tmp_path, write_table):
    return write_table(tmp_path / "de.jsonl", ROWS)


class TestFlagEmbedding(FormatContract):
    name = "flag-embedding"
    rows = 3
    languages = ("de",)

    @pytest.fixture
    def sample(self, path):
        return path


class TestFolder(FormatContract):
    name = "flag-embedding"
    rows = 6
    languages = ("de", "sw")

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        write_table(tmp_path / "bge" / "miracl-sw" / "train.jsonl.gz", ROWS)
        return write_table(tmp_path / "bge" / "de.jsonl", ROWS).parent


def test_every_positive_is_a_row_with_its_score(path, rows_of):
    rows, dropped = rows_of(FlagEmbedding(), path)
    assert [(row["passage"], row["score"]) for row in rows] == [("Ich.", 0.9), ("Du.", 1.0), ("Das.", 1.0)]
    assert rows[2]["negatives"] == ["Nichts.", "Alles."]
    assert rows[2]["negative_scores"] == [0.2, 0.3]
    assert len({row["group"] for row in rows}) == 3
    assert dropped == {}


@pytest.mark.parametrize("mixed", [False, True], ids=["all", "some"])
def test_positive_that_is_no_list_is_one_positive(tmp_path, write_table, rows_of, mixed):
    lines = [{"query": "Wer?", "pos": "Ich bin es.", "neg": "Er ist es."}] + [ROWS[0]] * mixed
    for order in (lines, lines[::-1]):
        rows, dropped = rows_of(FlagEmbedding("de"), write_table(tmp_path / "x.jsonl", order))
        one = [row for row in rows if row["passage"] == "Ich bin es."]
        assert [row["negatives"] for row in one] == [["Er ist es."]]
        assert len(rows) == (3 if mixed else 1)
        assert dropped == {}


def test_rows_without_positives_are_counted(tmp_path, write_table, rows_of):
    lines = [ROWS[0] | {"pos": [], "pos_scores": []}, ROWS[0] | {"pos_scores": [1]}, ROWS[1]]
    rows, dropped = rows_of(FlagEmbedding("de"), write_table(tmp_path / "x.jsonl", lines))
    assert len(rows) == 1
    assert dropped == {"no passage": 1, "scores that are not as many as passages": 1}


def test_language_must_be_said(tmp_path, write_table, rows_of):
    path = write_table(tmp_path / "train.jsonl", ROWS)
    with pytest.raises(LanguageError, match="does not say its language"):
        rows_of(FlagEmbedding(), path)
    assert {row["language"] for row in rows_of(FlagEmbedding("yo"), path)[0]} == {"yo"}
    with pytest.raises(ConfigurationError, match="language is 'a b'"):
        FlagEmbedding("a b")


def test_files_of_other_languages_are_not_read(tmp_path, write_table):
    folder = write_table(tmp_path / "bge" / "de.jsonl", ROWS).parent
    (folder / "fr.jsonl").write_text(json.dumps(ROWS[0]))
    assert {batch.rows["language"][0].as_py() for batch in FlagEmbedding().read(folder, ["fr"])} == {"fr"}
