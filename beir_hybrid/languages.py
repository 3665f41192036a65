"""Language codes and names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
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
