import json

import pytest

from beir_hybrid.datasets import load_sources
from beir_hybrid.errors import ConfigurationError, LanguageError


@pytest.fixture
def files(tmp_path):
    """Two files of pairs: one/data.jsonl in German and English, two/data.jsonl in English alone."""

    def write(folder, languages):
        path = tmp_path / folder / "data.jsonl"
        path.parent.mkdir()
        rows = [
            {"group": f"{folder}{number}", "language": language, "question": f"q{number}", "passage": f"p{number}"}
            for number in range(3)
            for language in languages
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    return write("one", ["de", "en"]), write("two", ["en"])


def test_sources_stand_side_by_side_in_their_order(files):
    assert [len(pairs) for pairs in load_sources(files)] == [6, 3]


def test_sources_of_one_name_are_called_by_what_they_are_given_as(files):
    assert [pairs.name for pairs in load_sources(files)] == list(files)


def test_each_source_keeps_the_chosen_languages_that_it_has(files):
    assert [pairs.languages for pairs in load_sources(files, languages=["de", "en"])] == [("de", "en"), ("en",)]


@pytest.mark.parametrize("languages", [["de"], ["en", "fr"]], ids=["one source has none", "no source has it"])
def test_languages_that_leave_nothing_are_refused(files, languages):
    with pytest.raises(LanguageError):
        load_sources(files, languages=languages)


def test_source_given_twice_is_refused(files):
    with pytest.raises(ConfigurationError, match="given twice"):
        load_sources([files[0], files[0]])
