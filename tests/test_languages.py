from pathlib import Path

import pytest

from beir_hybrid.errors import LanguageError
from beir_hybrid.languages import choose_languages, code_of, is_in_other_script, is_unspaced, language_in_path

KNOWN = ("ar", "de", "en")


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        pytest.param(None, KNOWN, id="all"),
        pytest.param(["en", "ar"], ("en", "ar"), id="order of the choice"),
        pytest.param("de", ("de",), id="one word is one language"),
        pytest.param(iter(["de"]), ("de",), id="iterator"),
    ],
)
def test_choice_is_kept(wanted, chosen):
    assert choose_languages(wanted, KNOWN, "zoo") == chosen


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        pytest.param(["en", "xx"], "zoo has no language 'xx'. Known: ar, de, en.", id="unknown"),
        pytest.param(["eng"], "zoo has no language 'eng'. Did you mean 'en'? Known: ar, de, en.", id="close"),
        pytest.param([], "No language was chosen from zoo. Known: ar, de, en.", id="none"),
        pytest.param(
            ["en", "de", "en"], "The language 'en' is given twice. Name each language once.", id="given twice"
        ),
    ],
)
def test_bad_choice_is_refused(wanted, message):
    with pytest.raises(LanguageError) as caught:
        choose_languages(wanted, KNOWN, "zoo")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("en:1", "en"),
        ("zh-Hant:1", "zh-Hant"),
        ("yue:1", "yue"),
        ("fil-Latn:1", "fil-Latn"),
        ("doi:1", ""),
        ("doc:1", ""),
        ("http://x", ""),
        ("en:", ""),
        ("yue:", ""),
    ],
)
def test_ids_tell_a_language_or_none(identifier, code):
    assert code_of(identifier) == code


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param("/data/swahili.jsonl.gz", "sw", id="name"),
        pytest.param("/data/miracl_de_train.jsonl", "de", id="code"),
        pytest.param("/data/mrtydi-v1.1-telugu/train.jsonl.gz", "te", id="folder"),
        pytest.param("/data/en/train-de.jsonl", "de", id="file before folder"),
        pytest.param("/data/en/de-fr.jsonl", "", id="two in the file's name"),
        pytest.param("/data/identical/train.jsonl", "", id="none"),
    ],
)
def test_language_is_read_off_a_path(path, code):
    assert language_in_path(Path(path)) == code


@pytest.mark.parametrize(
    ("text", "language", "other"),
    [
        ("Marie Curie", "zh-Hant", True),
        ("HTTP 是什么协议", "zh", False),
        ("1867?", "ru", False),
        ("キュリー夫人", "ja", False),
        ("Кюри", "de", True),
        ("Кюри", "tlh", False),
    ],
)
def test_script_is_that_of_a_quarter_of_the_letters_where_the_language_is_known(text, language, other):
    assert is_in_other_script(text, language) == other


def test_blanks_are_between_words_in_some_scripts_alone():
    assert [is_unspaced(text) for text in ("ใครคือมารี", "谁?", "Кто?", "...")] == [True, True, False, False]
