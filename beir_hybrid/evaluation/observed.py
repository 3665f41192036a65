"""Collections of what was seen only: judgements and results whose ids tell their languages, without any text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from beir_hybrid.collection import MultilingualCollection, Passage, language_of
from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.translations import link_translations

_UNREAD = Passage("")


def observed_collection(
    name: str,
    qrels: Mapping[str, Mapping[str, int]],
    results: Mapping[str, Mapping[str, float]],
    languages: Iterable[str] = (),
) -> MultilingualCollection:
    """Make a collection of the queries and documents that judgements and results name.

    Queries whose ids are equal after the language are taken for translations of one question, as
    :func:`~beir_hybrid.translations.link_translations` does it.

    Args:
        name: What to call it.
        qrels: Grades by query id and document id; ids begin with their language, as in ``en:17_3``.
        results: Scores by query id and document id, as BEIR has them.
        languages: Languages that were searched, whether a document of theirs was seen or not.

    Raises:
        DataFormatError: If an id does not begin with a language.

    Examples:
        >>> observed_collection("mine", {"en:1": {"de:7": 1}}, {"en:1": {"en:3": 0.5, "de:7": 0.4}})
        MultilingualCollection('mine', 2 languages, 1 queries, 2 passages, passage_text='unknown')
    """
    corpora: dict[str, dict[str, Passage]] = {language: {} for language in sorted(languages)}
    seen = {document for lists in (qrels, results) for documents in lists.values() for document in documents}
    for document in sorted(seen):
        corpora.setdefault(_language(document, "document"), {})[document] = _UNREAD
    queries: dict[str, dict[str, str]] = {}
    for query in dict.fromkeys([*qrels, *results]):
        queries.setdefault(_language(query, "query"), {})[query] = ""
    links = link_translations({query: language for language, texts in queries.items() for query in texts}, {})
    return MultilingualCollection(
        name=name,
        corpora=dict(sorted(corpora.items())),
        queries=queries,
        qrels=qrels,
        passage_text="unknown",
        group_of=links.group_of,
        linked_by=links.rule,
    )


def _language(identifier: str, noun: str) -> str:
    language = language_of(identifier)
    if not language:
        raise DataFormatError(
            f"The {noun} id {shorten(identifier)} does not tell its language.", "Write it as in en:17_3."
        )
    return language
