"""Language codes, names and scripts."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from beir_hybrid.errors import LanguageError, did_you_mean


@dataclass(frozen=True)
class Language:
    """A language of the supported datasets.

    Attributes:
        code: ISO 639-1 code.
        name: English name.
        scripts: Scripts it is written in, as the first word of Unicode character names.
    """

    code: str
    name: str
    scripts: tuple[str, ...] = ("LATIN",)


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        Language("ar", "Arabic", ("ARABIC",)),
        Language("bn", "Bengali", ("BENGALI",)),
        Language("de", "German"),
        Language("el", "Greek", ("GREEK",)),
        Language("en", "English"),
        Language("es", "Spanish"),
        Language("fa", "Persian", ("ARABIC",)),
        Language("fi", "Finnish"),
        Language("fr", "French"),
        Language("hi", "Hindi", ("DEVANAGARI",)),
        Language("id", "Indonesian"),
        Language("ja", "Japanese", ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA")),
        Language("ko", "Korean", ("HANGUL", "CJK")),
        Language("ru", "Russian", ("CYRILLIC",)),
        Language("sw", "Swahili"),
        Language("te", "Telugu", ("TELUGU",)),
        Language("th", "Thai", ("THAI",)),
        Language("tr", "Turkish"),
        Language("vi", "Vietnamese"),
        Language("yo", "Yoruba"),
        Language("zh", "Chinese", ("CJK",)),
    )
}

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
    found = _CODE.match(identifier)
    return found[1] if found else ""


def choose_languages(wanted: Iterable[str] | None, available: Sequence[str], owner: str) -> tuple[str, ...]:
    """Check a choice of languages against what there is.

    Args:
        wanted: Language codes in the order wanted, or None for all.
        available: The codes that exist.
        owner: What has them, for the message.

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


def scripts_of(text: str) -> Counter[str]:
    """Count the letters of a text by script.

    Args:
        text: Any text.

    Returns:
        Letters per script, the script being the first word of the character's Unicode name.

    Examples:
        >>> scripts_of("Au: золото")
        Counter({'CYRILLIC': 6, 'LATIN': 2})
    """
    return Counter(unicodedata.name(letter, "UNKNOWN").split()[0] for letter in text if letter.isalpha())
