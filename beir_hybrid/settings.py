"""Settings: queries of one language against corpora of one or more languages, and the names of settings."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from beir_hybrid.errors import UnknownNameError

Kind = Literal["mono", "cross", "multi"]
KINDS: tuple[Kind, ...] = ("mono", "cross", "multi")

_LONGEST = 80  # characters of a name that are compared, which takes time with the square of the length


@dataclass(frozen=True)
class Setting:
    """Queries of one language against corpora of one or more languages.

    Args:
        query_language: Language of the queries.
        corpus_languages: Languages of the passages searched.
        pool: Whether these are all languages of the collection's corpora.

    Examples:
        >>> Setting("en", ("de",)).name
        'en-de'
        >>> Setting("en", ("de", "en"), pool=True).name
        'en-all'
    """

    query_language: str
    corpus_languages: tuple[str, ...]
    pool: bool = False

    @property
    def kind(self) -> Kind:
        """``mono``, ``cross`` (one other language) or ``multi`` (several)."""
        if len(self.corpus_languages) > 1:
            return "multi"
        return "mono" if self.corpus_languages == (self.query_language,) else "cross"

    @property
    def name(self) -> str:
        """``en``, ``en-de``, ``en-all`` or ``en-de+fr``, the same in results, folders and commands."""
        if self.kind == "mono":
            return self.query_language
        return f"{self.query_language}-{'all' if self.pool else '+'.join(self.corpus_languages)}"


def all_settings(query_languages: Sequence[str], corpus_languages: Sequence[str]) -> list[Setting]:
    """List every monolingual, cross-lingual and multilingual setting.

    Args:
        query_languages: Languages that have queries.
        corpus_languages: Languages that have passages.

    Returns:
        Monolingual settings first, then every ordered pair of two languages, then each query language against the pool
        of all corpora (if there are several): 11 + 110 + 11 for eleven languages.
    """
    mono = [Setting(language, (language,)) for language in query_languages if language in corpus_languages]
    cross = [Setting(query, (corpus,)) for query in query_languages for corpus in corpus_languages if query != corpus]
    pooled = tuple(corpus_languages)
    multi = [Setting(language, pooled, pool=True) for language in query_languages] if len(pooled) > 1 else []
    return mono + cross + multi


def choose_settings(names: Sequence[str] | None, available: Sequence[Setting], dataset: str) -> list[Setting]:
    """Choose settings by their names.

    Args:
        names: Names such as ``en-de``, ``en-all``, ``en-de+fr`` (two of the corpora) or ``xquad-r.en-de``, or kinds
            such as ``mono``; None for all.
        available: The settings of the data.
        dataset: Name of the dataset, which the names may begin with.

    Returns:
        The settings, each once, in the order of the names; the corpora of a setting in the order of the data.

    Raises:
        UnknownNameError: If the data have no such setting.

    Examples:
        >>> known = all_settings(["en", "de", "fr"], ["en", "de", "fr"])
        >>> [setting.name for setting in choose_settings(["mono", "x.en-all", "en-de+fr"], known, "x")]
        ['en', 'de', 'fr', 'en-all', 'en-de+fr']
    """
    if names is None:
        return list(available)
    chosen: dict[str, Setting] = {}
    for name in names:
        bare = name.removeprefix(f"{dataset}.")
        named = [setting for setting in available if bare in {setting.name, setting.kind}]
        named = named or _part_of_pool(bare, available)
        if not named:
            raise _unknown(bare, available, dataset, KINDS)
        chosen |= {setting.name: setting for setting in named}
    return list(chosen.values())


def choose_setting(name: str, query_languages: Sequence[str], corpus_languages: Sequence[str], dataset: str) -> Setting:
    """Choose one setting by its name.

    Args:
        name: Such as ``de``, ``en-de``, ``en-de+es`` or ``en-all``; not a kind.
        query_languages: Languages that have queries.
        corpus_languages: Languages that have passages.
        dataset: Name of the dataset, which the name may begin with.

    Raises:
        UnknownNameError: If the data have no such setting.
    """
    available = all_settings(query_languages, corpus_languages)
    bare = name.removeprefix(f"{dataset}.")
    if bare in KINDS:
        raise _unknown(bare, available, dataset)
    return choose_settings([bare], available, dataset)[0]


def parse_setting(name: str, languages: Sequence[str]) -> Setting | None:
    """Parse the name of a setting.

    Args:
        name: Such as ``en``, ``en-de``, ``en-de+fr`` or ``en-all``.
        languages: Codes of the languages of the data, which may have hyphens themselves.

    Returns:
        The setting; None if the name is none of these.

    Examples:
        >>> parse_setting("en-zh-hans+de", ["en", "de", "zh-hans"]).corpus_languages
        ('zh-hans', 'de')
        >>> parse_setting("en-all", ["en", "de"]).kind, parse_setting("mono", ["en", "de"])
        ('multi', None)
    """
    for query in languages:
        if name == query:
            return Setting(query, (query,))
        if name == f"{query}-all":
            return Setting(query, tuple(languages), pool=True)
        corpora = tuple(name.removeprefix(f"{query}-").split("+"))
        if name.startswith(f"{query}-") and set(corpora) <= set(languages) and len(set(corpora)) == len(corpora):
            return Setting(query, corpora)
    return None


def canonical_name(setting: str) -> str:
    """Return a setting's name without the dataset's and with its corpora sorted, however it was written.

    Examples:
        >>> canonical_name("x.en-fr+de"), canonical_name("en-all")
        ('en-de+fr', 'en-all')
    """
    first, *more = setting.rpartition(".")[2].split("+")
    queries, _, corpus = first.rpartition("-")
    return f"{queries}-{'+'.join(sorted([corpus, *more]))}" if more else first


def _part_of_pool(name: str, available: Sequence[Setting]) -> list[Setting]:
    """Parse a name such as ``en-fr+de``: some of a query language's corpora, in any order."""
    for pool in (setting for setting in available if setting.pool):
        part = parse_setting(name, tuple(dict.fromkeys([pool.query_language, *pool.corpus_languages])))
        if part is None or part.kind != "multi" or part.query_language != pool.query_language:
            continue
        if set(part.corpus_languages) <= set(pool.corpus_languages):
            ordered = tuple(language for language in pool.corpus_languages if language in part.corpus_languages)
            return [pool if ordered == pool.corpus_languages else Setting(pool.query_language, ordered)]
    return []


def _unknown(name: str, available: Sequence[Setting], dataset: str, kinds: Sequence[str] = ()) -> UnknownNameError:
    known = [*kinds, *(setting.name for setting in available)]
    close = difflib.get_close_matches(name[:_LONGEST], known, n=1, cutoff=0.5)
    suggestion = f"Did you mean {close[0]!r}? " if close else ""
    codes = dict.fromkeys(code for setting in available for code in (setting.query_language, *setting.corpus_languages))
    kind = f" Or give a kind: {', '.join(kinds)}." if kinds else ""
    return UnknownNameError(
        f"{dataset} has no setting {name!r}.",
        f"{suggestion}Give a language (de), two (en-de), several (en-de+es) or en-all, of: {', '.join(codes)}.{kind}",
    )
