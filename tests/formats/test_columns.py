"""Tables as sentence-transformers has them."""

import pytest

from beir_hybrid.errors import DataFormatError, LanguageError
from beir_hybrid.formats.columns import NamedColumns
from beir_hybrid.testing import FormatContract

ROWS = [
    {"id": number, "anchor": f"Wer {number}?", "positive": 'Ich, "der".\nJa.', "negative": "Er.", "language": code}
    for number in range(2)
    for code in ("de", "en")
]


class Forms(FormatContract):
    name = "columns"
    rows = 4
    languages = ("de", "en")
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


class TestStream(Forms):
    ending = ".arrow"


del Forms  # no sample of its own


class TestFolder(FormatContract):
    name = "columns"
    rows = 2
    languages = ("de", "fr")

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        rows = [{"question": "Wer?", "answer": "Ich."}]
        write_table(tmp_path / "faq" / "fr" / "train.parquet", rows)
        return write_table(tmp_path / "faq" / "de.csv", rows).parent


def test_rows_of_all_forms_are_equal(tmp_path, write_table, rows_of):
    read = [rows_of(NamedColumns(), write_table(tmp_path / f"train{ending}", ROWS))[0] for ending in
            (".jsonl", ".csv", ".tsv", ".parquet", ".arrow")]  # fmt: skip
    assert all(rows == read[0] for rows in read)
    first = {"group": "0", "language": "de", "question": "Wer 0?", "passage": ROWS[0]["positive"], "negatives": ["Er."]}
    assert read[0][0] == first


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet"])
def test_numbered_negatives_come_in_order_without_empty_ones(tmp_path, write_table, rows_of, ending):
    lines = [{"query": "a", "positive": "b", "negative_1": "n1", "negative_2": None, "negative_10": "n10"}]
    rows, _ = rows_of(NamedColumns("de"), write_table(tmp_path / f"x{ending}", lines))
    assert [row["negatives"] for row in rows] == [["n1", "n10"]]


def test_scores_are_those_of_the_positive_and_then_the_negatives(tmp_path, write_table, rows_of):
    row = {"query": "a", "passage": "b", "negatives": ["c", "d"], "scores": [0.9, 0.2, 0.1]}
    lines = [row, row | {"scores": [0.9]}]
    rows, dropped = rows_of(NamedColumns("de"), write_table(tmp_path / "x.jsonl", lines))
    assert [(row["score"], row["negative_scores"]) for row in rows] == [(0.9, [0.2, 0.1])]
    assert dropped == {"scores that are not one more than negatives": 1}


def test_single_scores_are_read_from_text(tmp_path, write_table, rows_of):
    lines = [{"query": "a", "answer": "b", "score": score} for score in ("0.5", "high")]
    rows, dropped = rows_of(NamedColumns("de"), write_table(tmp_path / "x.csv", lines))
    assert [row["score"] for row in rows] == [0.5]
    assert dropped == {"score of another type": 1}


def test_rows_without_a_group_are_one_each_in_every_file(tmp_path, write_table, rows_of):
    lines = [{"query": "a", "answer": "b"}] * 2
    one = rows_of(NamedColumns("de"), write_table(tmp_path / "one" / "train.csv", lines))[0]
    other = rows_of(NamedColumns("de"), write_table(tmp_path / "other" / "train.csv", [*lines, lines[0]]))[0]
    assert len({row["group"] for row in one + other}) == 5


def test_bad_lines_of_csv_are_counted(tmp_path, rows_of):
    path = tmp_path / "de.csv"
    path.write_bytes(b'query,answer\na,b\na,b,c\n\xff,b\n"a\nb",c\n')
    rows, dropped = rows_of(NamedColumns(), path)
    assert [row["question"] for row in rows] == ["a", "a\nb"]
    assert dropped == {"another number of fields than the header": 1, "text that is not UTF-8": 1}


def test_language_must_be_said(tmp_path, write_table, rows_of):
    with pytest.raises(LanguageError, match="does not say its language"):
        rows_of(NamedColumns(), write_table(tmp_path / "x.csv", [{"query": "a", "answer": "b"}]))


def test_table_without_texts_is_refused(tmp_path, write_table, rows_of):
    with pytest.raises(DataFormatError, match="has no question and passage"):
        rows_of(NamedColumns("de"), write_table(tmp_path / "x.csv", [{"query": "a", "b": "b"}]))


def test_large_files_come_in_parts(tmp_path, write_table):
    lines = [{"query": f"a{number}", "answer": "b"} for number in range(40_000)]
    for ending in (".jsonl", ".csv", ".parquet"):
        path = write_table(tmp_path / f"de{ending}", lines)
        sizes = [len(batch.rows) for batch in NamedColumns().read(path, None)]
        assert sum(sizes) == 40_000
        assert max(sizes) <= 2**14
