"""Parallel sentences."""

import gzip

import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.formats.parallel_tsv import ParallelTsv
from beir_hybrid.testing import FormatContract

LINES = "Hello.\tHallo.\tHabari.\n\nYes.\tJa.\n"
CODES = "en,de,sw"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "talks.tsv.gz"
    path.write_bytes(gzip.compress(LINES.encode()))
    return path


class TestParallelTsv(FormatContract):
    name = "parallel-tsv"
    options = {"languages": CODES}  # noqa: RUF012
    rows = 5
    languages = ("de", "en", "sw")
    recognized = False

    @pytest.fixture
    def sample(self, path):
        return path


def test_each_sentence_asks_for_its_translation_into_the_next_language(path, rows_of):
    rows, _ = rows_of(ParallelTsv(CODES), path)
    assert [(row["language"], row["question"], row["passage_language"], row["passage"]) for row in rows] == [
        ("en", "Hello.", "de", "Hallo."),
        ("de", "Hallo.", "sw", "Habari."),
        ("sw", "Habari.", "en", "Hello."),
        ("en", "Yes.", "de", "Ja."),
        ("de", "Ja.", "en", "Yes."),
    ]
    assert len({row["group"] for row in rows}) == 2


def test_lines_that_do_not_fit_are_counted(tmp_path, rows_of):
    path = tmp_path / "x.tsv"
    path.write_bytes(b"a\tb\na\na\tb\tc\n\xff\tb\na\t \n\n")
    rows, dropped = rows_of(ParallelTsv("en,de"), path)
    assert len(rows) == 2
    assert dropped == {
        "fewer than two sentences": 2,
        "more fields than languages": 1,
        "a line that is not UTF-8": 1,
    }


@pytest.mark.parametrize("languages", ["en", "en,en", "e n,de", 3])
def test_languages_must_be_two_or_more_codes(languages):
    with pytest.raises(ConfigurationError, match="languages is"):
        ParallelTsv(languages)


def test_languages_must_be_given(path, rows_of):
    with pytest.raises(ConfigurationError, match="without languages"):
        rows_of(ParallelTsv(), path)


def test_columns_without_a_language_are_passed_over(tmp_path, rows_of):
    path = tmp_path / "x.tsv"
    path.write_text("Go.\tGeh.\tBy a and b\nGo.\t\tBy c\n")
    rows, dropped = rows_of(ParallelTsv("en,de,-"), path)
    assert [(row["question"], row["passage"]) for row in rows] == [("Go.", "Geh."), ("Geh.", "Go.")]
    assert dropped == {"fewer than two sentences": 1}
