"""WebFAQ's bitexts."""

import pytest

from beir_hybrid.errors import LanguageError
from beir_hybrid.formats.webfaq import WebFaq
from beir_hybrid.testing import FormatContract

ROW = {
    "question1": "Wann?",
    "answer1": "Jetzt.",
    "question2": "Quand ?",
    "answer2": "Maintenant.",
    "labse_similarity": 0.93,
    "origin": "example.org",
}


class TestVersion1(FormatContract):
    name = "webfaq"
    rows = 4
    languages = ("de", "fr")

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        return write_table(tmp_path / "deu_fra.jsonl.gz", [ROW, ROW])


class TestVersion2(FormatContract):
    name = "webfaq"
    rows = 4
    languages = ("ceb", "de", "fr")

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        rows = [ROW | {"language1": code, "language2": "fra"} for code in ("deu", "ceb")]
        return write_table(tmp_path / "bitexts.jsonl", rows)


def test_row_is_a_group_in_two_languages(tmp_path, write_table, rows_of):
    rows, _ = rows_of(WebFaq(), write_table(tmp_path / "deu_fra.jsonl", [ROW]))
    assert len({row.pop("group") for row in rows}) == 1
    assert rows == [
        {"language": "de", "question": "Wann?", "passage": "Jetzt."},
        {"language": "fr", "question": "Quand ?", "passage": "Maintenant."},
    ]


def test_languages_must_be_said(tmp_path, write_table, rows_of):
    with pytest.raises(LanguageError, match="does not say its languages"):
        rows_of(WebFaq(), write_table(tmp_path / "bitexts.jsonl", [ROW]))


def test_rows_of_a_group_are_paired_whatever_the_store_leaves_out(tmp_path, write_table, rows_of):
    rows, _ = rows_of(WebFaq(), write_table(tmp_path / "deu_fra.jsonl", [ROW, ROW | {"answer1": None}]))
    assert [row.get("passage") for row in rows] == ["Jetzt.", None, "Maintenant.", "Maintenant."]
