"""Wide tables."""

import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.formats.wide import Wide
from beir_hybrid.testing import FormatContract

ROWS = [
    {
        "id": f"g{number}",
        "query_de": "Wer?",
        "positive_de": "Ich.",
        "query_en": "Who?",
        "positive_en": "Me.",
        "negative_en": "You.",
        "query_sw": "Nani?" if number else None,
        "positive_sw": "Mimi." if number else None,
    }
    for number in range(2)
]


class Forms(FormatContract):
    name = "wide"
    rows = 5
    languages = ("de", "en", "sw")
    ending = ""

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        return write_table(tmp_path / f"train{self.ending}", ROWS)


class TestJsonLines(Forms):
    ending = ".jsonl"


class TestCsv(Forms):
    ending = ".csv"


class TestTsv(Forms):
    ending = ".tsv"


class TestParquet(Forms):
    ending = ".parquet"


del Forms  # no sample of its own


def test_row_is_a_group_in_the_languages_that_it_has(tmp_path, write_table, rows_of):
    rows, dropped = rows_of(Wide(), write_table(tmp_path / "x.jsonl", ROWS))
    assert sorted((row["group"], row["language"]) for row in rows) == [
        ("g0", "de"), ("g0", "en"), ("g1", "de"), ("g1", "en"), ("g1", "sw"),
    ]  # fmt: skip
    assert [row["negatives"] for row in rows if row["language"] == "en"] == [["You."]] * 2
    assert dropped == {}


def test_ids_are_not_taken_for_indonesian(tmp_path, write_table):
    path = write_table(tmp_path / "x.jsonl", [{"query_id": "1", "query": "a", "positive_id": "2", "positive": "b"}])
    assert not Wide().recognizes(path)


def test_table_without_languages_is_refused(tmp_path, write_table, rows_of):
    with pytest.raises(DataFormatError, match="has no columns of languages"):
        rows_of(Wide(), write_table(tmp_path / "x.csv", [{"query": "a", "answer": "b"}]))
