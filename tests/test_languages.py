import unicodedata

import pytest

from beir_hybrid.errors import LanguageError
from beir_hybrid.languages import LANGUAGES, choose_languages, code_of, scripts_of

KNOWN = ("ar", "de", "en")


def test_languages_are_found_by_their_code():
    assert all(language.code == code for code, language in LANGUAGES.items())


@pytest.mark.parametrize("code", LANGUAGES)
def test_scripts_begin_names_of_unicode_characters(code):
    names = {unicodedata.name(chr(point), "").split(" ")[0] for point in range(0x10000)}
    assert set(LANGUAGES[code].scripts) <= names


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


def test_scripts_count_letters_only():
    assert scripts_of("H₂O! 水 12 вода") == {"LATIN": 2, "CJK": 1, "CYRILLIC": 4}


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
