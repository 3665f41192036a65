"""Language codes and names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from beir_hybrid.errors import LanguageError, did_you_mean

LANGUAGES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pt": "Portuguese",
    "ru": "Russian",
    "sw": "Swahili",
    "te": "Telugu",
    "th": "Thai",
    "tr": "Turkish",
    "vi": "Vietnamese",
    "yo": "Yoruba",
    "zh": "Chinese",
}
"""English names of the languages of the supported datasets, by ISO 639-1 code."""

_LATIN = (
    *("ca", "cs", "da", "de", "en", "es", "et", "eu", "fi", "fr", "hr", "hu", "id", "is", "it", "lt", "lv", "ms"),
    *("nl", "no", "pl", "pt", "ro", "sk", "sl", "sq", "sv", "sw", "tl", "tr", "vi", "yo"),
)

SCRIPTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_LATIN, ("LATIN",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("ARABIC",)),
    **dict.fromkeys(("hi", "mr", "ne"), ("DEVANAGARI",)),
    **dict.fromkeys(("be", "bg", "kk", "mk", "mn", "ru", "uk"), ("CYRILLIC",)),
    "am": ("ETHIOPIC",),
    "bn": ("BENGALI",),
    "el": ("GREEK",),
    "gu": ("GUJARATI",),
    "he": ("HEBREW",),
    "hy": ("ARMENIAN",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK"),
    "ka": ("GEORGIAN",),
    "km": ("KHMER",),
    "kn": ("KANNADA",),
    "ko": ("HANGUL", "CJK"),
    "lo": ("LAO",),
    "ml": ("MALAYALAM",),
    "my": ("MYANMAR",),
    "pa": ("GURMUKHI",),
    "ta": ("TAMIL",),
    "te": ("TELUGU",),
    "th": ("THAI",),
    "yue": ("CJK",),
    "zh": ("CJK",),
}
"""Scripts that a language is written in, as Unicode's names of characters begin."""

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "KHMER", "LAO", "MYANMAR", "THAI")
_FIRST_UNSPACED = "\u0e00"  # of their letters
_FEW = 4  # a text is in another script if less than one letter in so many is in the language's own

# any two letters; three only of languages that have no code of two, since ids such as doi:10.1 are no language's
_LONG_CODES = "ary|arz|bho|ceb|ckb|fil|gom|haw|hmn|ilo|kok|mai|mni|nso|pcm|scn|wuu|yue"
_CODE = re.compile(rf"((?:[a-z]{{2}}|{_LONG_CODES})(?:-[A-Za-z0-9]+)*):.")


def code_of(identifier: str) -> str:
    """Read the language code that an id begins with.

    Any two letters are taken for one, and three only if they are known as one.

    Args:
        identifier: Any id.

    Returns:
        The code; an empty string if the id begins with none.

    Examples:
        >>> code_of("zh-Hans:17_3"), code_of("yue:17_3"), code_of("doc1"), code_of("<dbpedia:Chess>")
        ('zh-Hans', 'yue', '', '')
    """
    match = _CODE.match(identifier)
    return match[1] if match else ""


def language_in_path(path: Path) -> str:
    """Read the language off a file's name, or else off that of its folder.

    Args:
        path: A file or folder; nothing is read of it.

    Returns:
        The code of the one language whose code or English name is a part of the name; an empty string if there is none
        in either name, or several.

    Examples:
        >>> language_in_path(Path("mrtydi-v1.1-arabic/train.jsonl.gz")), language_in_path(Path("/data/train.de.jsonl"))
        ('ar', 'de')
        >>> language_in_path(Path("/data/en-de.jsonl"))
        ''
    """
    codes = {name.lower(): code for code, name in LANGUAGES.items()} | {code: code for code in LANGUAGES}
    whole = path.absolute()
    for name in (whole.name, whole.parent.name):
        if named := {codes[part] for part in re.split(r"[\W\d_]+", name.lower()) if part in codes}:
            return named.pop() if len(named) == 1 else ""
    return ""


def choose_languages(wanted: Iterable[str] | None, available: Sequence[str], owner: str) -> tuple[str, ...]:
    """Check a choice of languages against those available.

    Args:
        wanted: Language codes in the order wanted, or None for all.
        available: The known codes.
        owner: What they belong to, for messages.

    Returns:
        The chosen codes.

    Raises:
        LanguageError: If a code is unknown to the owner, given twice, or none is given.

    Examples:
        >>> choose_languages(["de", "en"], ["ar", "de", "en"], "mlqa-r")
        ('de', 'en')
    """
    if wanted is None:
        return tuple(available)
    chosen = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    if not chosen:
        raise LanguageError(f"No language was chosen from {owner}.", f"Known: {', '.join(available)}.")
    for code in chosen:
        if code not in available:
            raise LanguageError(f"{owner} has no language {code!r}.", did_you_mean(code, available))
    if repeated := [code for code, times in Counter(chosen).items() if times > 1]:
        raise LanguageError(f"The language {repeated[0]!r} is given twice.", "Name each language once.")
    return chosen


@lru_cache(2**16)
def script_of(letter: str) -> str:
    """Return the script of a letter; an empty string for what is no letter.

    Examples:
        >>> script_of("ж"), script_of("中"), script_of("7")
        ('CYRILLIC', 'CJK', '')
    """
    return unicodedata.name(letter, "").partition(" ")[0] if letter.isalpha() else ""


def letters_by_script(text: str) -> Counter[str]:
    """Count the letters of a text by script."""
    letters: Counter[str] = Counter()
    for letter, times in Counter(text).items():
        if script := script_of(letter):
            letters[script] += times
    return letters


def is_in_other_script(text: str, language: str) -> bool:
    """Return whether hardly any letter of a text is in a script of its language, as where it was never translated.

    Args:
        text: Any text.
        language: Its code; of a language that is not in :data:`SCRIPTS`, nothing is known.

    Examples:
        >>> is_in_other_script("Who was Marie Curie?", "ru"), is_in_other_script("Кто такая Marie?", "ru")
        (True, False)
    """
    own = SCRIPTS.get(language.partition("-")[0])
    if own is None:
        return False
    letters = letters_by_script(text)
    return sum(letters[script] for script in own) * _FEW < letters.total()


def is_unspaced(text: str) -> bool:
    """Return whether most letters of a text are of scripts that put no blanks between words.

    Examples:
        >>> is_unspaced("谁是玛丽·居里？"), is_unspaced("Who?")
        (True, False)
    """
    if max(text, default="") < _FIRST_UNSPACED:
        return False
    letters = letters_by_script(text)
    return sum(letters[script] for script in _UNSPACED) * 2 > letters.total()
