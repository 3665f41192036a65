import pytest

from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.testing import DatasetContract

HEADER = "group\tsplit\tlanguage\tquestion\tanswer\n"


class TestFaq(DatasetContract):
    name = "library-faq"


class TestOwnTable(DatasetContract):
    """A table with other languages, and a question that only one of them has."""

    name = "library-faq"
    languages = ("fr", "it")

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls, tmp_path_factory):
        folder = tmp_path_factory.mktemp("faq")
        rows = [
            f"{group}\t{split}\t{language}\t{language} question {group}\t{language} answer {group}\n"
            for split in ("test", "train")
            for group in (f"{split}-1", f"{split}-2")
            for language in ("it", "fr")
            if (group, language) != ("test-2", "it")
        ]
        (folder / "faq.tsv").write_text(HEADER + "".join(rows), encoding="utf-8")
        return folder

    def test_question_of_one_language_has_one_answer(self, collection):
        assert collection.qrels["fr:test-2"] == {"fr:test-2-answer": 1}
        assert "it:test-2" not in collection.qrels


def test_answer_is_that_of_the_question():
    collection = load_dataset("library-faq", languages=["en", "de"])
    assert collection.queries["en"]["en:hours"] == "When are you open?"
    assert collection.qrels["en:hours"] == {"en:hours-answer": 1, "de:hours-answer": 1}
    assert collection.corpora["de"]["de:hours-answer"].text == "Dienstag bis Samstag von zehn bis neunzehn Uhr."


def test_splits_share_no_question():
    tested = set(load_dataset("library-faq").group_of.values())
    trained = set(load_pairs("library-faq").groups.to_pylist())
    assert (len(tested), len(trained)) == (7, 14)
    assert not tested & trained


@pytest.mark.parametrize("row", ["a\ttest\ten\tWhy?\n", "a\ttest\ten\tWhy?\tSo.\tmore\n", "a\ttest\ten\t\tSo.\n"])
def test_table_without_all_columns_is_refused(tmp_path, row):
    (tmp_path / "faq.tsv").write_text(HEADER + row)
    with pytest.raises(DataFormatError, match=r"faq\.tsv:2 "):
        load_dataset("library-faq", source=tmp_path)


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(MissingDataError, match="no table"):
        load_dataset("library-faq", source=tmp_path)
    with pytest.raises(ConfigurationError, match=r"no split 'tset'\. Did you mean 'test'"):
        load_dataset("library-faq", split="tset")
