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
    "ro": "Romanian",
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
_PLAIN_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_CODE = re.compile(rf"((?:[a-z]{{2}}|{_LONG_CODES})(?:-[A-Za-z0-9]+)*):.")


# ISO 639-3 or 639-2 code with the code of two letters that it has in ISO 639-1
_CODES = """
aar aa abk ab afr af aka ak amh am ara ar arb ar arg an asm as ava av ave ae aym ay aze az azj az bak ba bam bm bel be
ben bn bih bh bis bi bod bo bos bs bre br bul bg cat ca ces cs cha ch che ce chu cu chv cv cmn zh cor kw cos co cre cr
cym cy dan da deu de div dv dzo dz ekk et ell el eng en epo eo est et eus eu ewe ee fao fo fas fa fij fj fin fi fra fr
fry fy ful ff gaz om gla gd gle ga glg gl glv gv grn gn guj gu hat ht hau ha hbs sh heb he her hz hin hi hmo ho hrv hr
hun hu hye hy ibo ig ido io iii ii iku iu ile ie ina ia ind id ipk ik isl is ita it jav jv jpn ja kal kl kan kn kas ks
kat ka kau kr kaz kk khm km kik ki kin rw kir ky kom kv kon kg kor ko kua kj kur ku lao lo lat la lav lv lvs lv lim li
lin ln lit lt ltz lb lub lu lug lg mah mh mal ml mar mr mkd mk mlg mg mlt mt mon mn khk mn mri mi msa ms zsm ms mya my
nau na nav nv nbl nr nde nd ndo ng nep ne npi ne nld nl nno nn nob nb nor no nya ny oci oc oji oj ori or ory or orm om
oss os pan pa pes fa pli pi plt mg pol pl por pt pus ps pbt ps que qu roh rm ron ro run rn rus ru sag sg san sa sin si
slk sk slv sl sme se smo sm sna sn snd sd som so sot st spa es sqi sq als sq srd sc srp sr ssw ss sun su swa sw swh sw
swe sv tah ty tam ta tat tt tel te tgk tg tgl tl tha th tir ti ton to tsn tn tso ts tuk tk tur tr twi tw uig ug ukr uk
urd ur uzb uz uzn uz ven ve vie vi vol vo wln wa wol wo xho xh yid yi ydd yi yor yo zha za zho zh zul zu
"""
_WORDS = _CODES.split()

SHORT_CODES = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
"""Codes of two letters by those of three, as far as there are some."""


def is_code(text: str) -> bool:
    """Return whether a text can be the code of a language, in ids and in names of settings.

    Examples:
        >>> [is_code(text) for text in ("de", "zh-Hans", "DE", "en_US", "all", "../en")]
        [True, True, False, False, False, False]
    """
    return text != "all" and _PLAIN_CODE.fullmatch(text) is not None  # en-all is the name of a setting


def short_code(code: str) -> str:
    """Return the code of two letters of a language, where it has one.

    Args:
        code: Of two or three letters; whatever else is returned as it is.

    Examples:
        >>> short_code("deu"), short_code("ceb"), short_code("zh")
        ('de', 'ceb', 'zh')
    """
    return SHORT_CODES.get(code, code)


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
    return are_of_other_script(letters_by_script(text), language)


def are_of_other_script(letters: Counter[str], language: str) -> bool:
    """Return the same of letters that :func:`letters_by_script` counted."""
    own = SCRIPTS.get(language.partition("-")[0])
    return own is not None and sum(letters[script] for script in own) * _FEW < letters.total()


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
