"""SWIM-IR's files."""

import pytest

from beir_hybrid.formats.swim_ir import SwimIr
from beir_hybrid.testing import FormatContract

CROSS = [
    {
        "_id": str(number),
        "lang": "German",
        "code": "de",
        "query": f"Frage {number}?",
        "title": "Goat",
        "text": f"It is one of the oldest, number {number}.",
    }
    for number in range(3)
]
MONO = [row | {"text": "Sie ist alt.", "title": "Ziege"} for row in CROSS]


class TestParquet(FormatContract):
    name = "swim-ir"
    rows = 3
    languages = ("de", "en")

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        return write_table(tmp_path / "train.parquet", CROSS)


class TestJsonLines(FormatContract):
    name = "swim-ir"
    rows = 6
    languages = ("de", "yo")

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        write_table(tmp_path / "swim" / "yo" / "train.jsonl", [row | {"code": "yo"} for row in MONO])
        return write_table(tmp_path / "swim" / "de" / "train.jsonl", MONO).parent.parent


def test_english_passages_are_told_from_those_in_the_language_of_the_question(tmp_path, write_table, rows_of):
    for rows, code in ((CROSS, "en"), (MONO, "de")):
        read, _ = rows_of(SwimIr(), write_table(tmp_path / "train.jsonl", rows))
        assert {(row["language"], row["passage_language"]) for row in read} == {("de", code)}


def test_languages_can_be_chosen(tmp_path, write_table, rows_of):
    form = SwimIr(question_language="en", passage_language="fr")
    read, _ = rows_of(form, write_table(tmp_path / "train.jsonl", CROSS))
    assert {(row["language"], row["passage_language"]) for row in read} == {("en", "fr")}


def test_title_stands_before_the_text(tmp_path, write_table, rows_of):
    rows = [MONO[0], MONO[0] | {"title": None}]
    read, _ = rows_of(SwimIr(), write_table(tmp_path / "train.jsonl", rows))
    assert [row["passage"] for row in read] == ["Ziege Sie ist alt.", "Sie ist alt."]
