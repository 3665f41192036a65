"""Setting: queries of one language against corpora of one or more languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["KINDS", "Kind", "Setting", "all_settings"]

Kind = Literal["mono", "cross", "multi"]
KINDS: tuple[Kind, ...] = ("mono", "cross", "multi")


@dataclass(frozen=True)
class Setting:
    """Queries of one language against corpora of one or more languages.

    Args:
        query_language: Language of the queries.
        corpus_languages: Languages of the passages searched.
        pool: Whether that is every language the collection has.

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
