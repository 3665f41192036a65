"""Judgements: a collection in numbers, with its relevant passages; also one of what was merely observed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from beir_hybrid.arrays import Ints
from beir_hybrid.collection import MultilingualCollection, language_of
from beir_hybrid.errors import ConfigurationError, DataFormatError, shorten
from beir_hybrid.grades import HIGHEST_GRADE
from beir_hybrid.passage import Passage
from beir_hybrid.settings import Setting, all_settings, choose_settings
from beir_hybrid.storage.corpus import StoredCorpus
from beir_hybrid.translations import link_translations

_UNREAD = Passage("")


class Judgements:
    """A collection's queries and passages as numbers, counted through the languages, and its judgements.

    Args:
        collection: Queries, corpora and relevance.
        sizes: Passages by language, where corpora hold only those that are known; None if they hold all.

    Attributes:
        collection: As given.
        languages: Languages that have passages.
        sizes: Shape (languages,), passages of each.
        queries: Query ids, by number.
        query_language: Shape (queries,), language code of each.
        groups: What the dataset calls each query's group, by query number; the query's own id where it names none.
        group: Shape (queries,), numbers that translations of one question share.
        query: Shape (rows,), query number of each (query, relevant passage), sorted.
        passage: Shape (rows,), passage number.
        grade: Shape (rows,), relevance grade, above 0.

    Raises:
        ConfigurationError: If no query has a relevant passage.
        DataFormatError: If a grade is beyond :data:`~beir_hybrid.grades.HIGHEST_GRADE`.
    """

    def __init__(self, collection: MultilingualCollection, sizes: Mapping[str, int] | None = None) -> None:
        self.collection = collection
        self.languages = tuple(collection.corpora)
        known = {language: len(texts) for language, texts in collection.corpora.items()}
        self.sizes = np.array([max(size, (sizes or {}).get(code, 0)) for code, size in known.items()], np.int64)
        self._starts = np.cumsum(self.sizes) - self.sizes
        self.queries = [query for texts in collection.queries.values() for query in texts]
        self.query_language = np.array([language_of(query) for query in self.queries])
        self.groups = [collection.group_of.get(query, query) for query in self.queries]
        group_numbers = {group: number for number, group in enumerate(dict.fromkeys(self.groups))}
        self.group = np.array([group_numbers[group] for group in self.groups], np.int64)
        relevant = [
            (number, document, grade)
            for number, query in enumerate(self.queries)
            for document, grade in collection.qrels.get(query, {}).items()
            if grade > 0
        ]
        if not relevant:
            raise ConfigurationError(f"No query of {collection.name} has a relevant passage.", "Check its qrels.")
        number, document, grade = max(relevant, key=lambda row: row[2])
        if grade > HIGHEST_GRADE:
            raise DataFormatError(
                f"The grade of {document!r} for {self.queries[number]!r} is above {HIGHEST_GRADE}.", "Give 0, 1, ..."
            )
        numbers = self.passage_numbers({document for _, document, _ in relevant})
        rows = [(number, numbers[document], grade) for number, document, grade in relevant]
        self.query, self.passage, self.grade = np.array(rows, np.int64).T
        self._places = PairPlaces(self.query, self.passage)

    @cached_property
    def query_numbers(self) -> dict[str, int]:
        """Number of each query id."""
        return {query: number for number, query in enumerate(self.queries)}

    @cached_property
    def checksums(self) -> dict[str, str]:
        """The collection's, which take a second to compute."""
        return self.collection.checksums()

    @cached_property
    def settings(self) -> list[Setting]:
        """Every setting that has a query with a relevant passage."""
        return [
            setting
            for setting in all_settings(tuple(self.collection.queries), self.languages)
            if len(self.rows(setting))
        ]

    def choose(self, settings: Sequence[str | Setting] | None) -> list[Setting]:
        """Choose settings by their names; see :func:`~beir_hybrid.settings.choose_settings`.

        Args:
            settings: Names, kinds or settings; None for all.

        Raises:
            UnknownNameError: If there is no such setting.
            ConfigurationError: If a setting has no query with a relevant passage.
        """
        if settings is None:
            return self.settings
        chosen: dict[str, Setting] = {}
        for each in settings:
            named = (
                [each] if isinstance(each, Setting) else choose_settings([each], self.settings, self.collection.name)
            )
            chosen |= {setting.name: setting for setting in named}
        for setting in chosen.values():
            if not len(self.rows(setting)):
                raise ConfigurationError(
                    f"No query of {setting.name} has a relevant passage.", "Leave that setting out."
                )
        return list(chosen.values())

    def passage_numbers(self, documents: set[str]) -> dict[str, int]:
        """Return the numbers of some document ids; those that are in no corpus are left out."""
        numbers: dict[str, int] = {}
        for texts, start in zip(self.collection.corpora.values(), self._starts.tolist(), strict=True):
            if isinstance(texts, StoredCorpus):
                numbers |= {document: start + texts.position(document) for document in documents if document in texts}
            else:
                numbers |= {document: start + place for place, document in enumerate(texts) if document in documents}
        return numbers

    def identifiers(self, passages: Ints) -> list[str]:
        """Return the document ids of passages, shape (n,)."""
        languages = self.language(passages)
        identifiers = np.empty(len(passages), object)
        for number in np.unique(languages):
            of_language = languages == number
            identifiers[of_language] = self._ids(int(number), passages[of_language] - self._starts[number])
        return identifiers.tolist()

    def _ids(self, language: int, positions: Ints) -> Sequence[str]:
        texts = self.collection.corpora[self.languages[language]]
        if isinstance(texts, StoredCorpus):
            return texts.identifiers(positions)
        return [self._listed[language][position] for position in positions.tolist()]

    @cached_property
    def _listed(self) -> list[list[str]]:
        corpora = self.collection.corpora.values()
        return [[] if isinstance(texts, StoredCorpus) else list(texts) for texts in corpora]

    def language(self, passages: Ints) -> Ints:
        """Return the number of each passage's language; -1 for numbers below 0, which stand for no passage."""
        return np.where(passages < 0, -1, np.searchsorted(np.cumsum(self.sizes), passages, side="right"))

    def columns(self, setting: Setting) -> Ints:
        """Return the numbers of a setting's corpus languages."""
        return np.array([self.languages.index(language) for language in setting.corpus_languages])

    def rows(self, setting: Setting) -> Ints:
        """Return the rows of a setting: its queries with their relevant passages in its corpora.

        A query without a relevant passage there is no part of the setting: a system could retrieve nothing for it.
        """
        asked = self._rows_of.get(setting.query_language, np.empty(0, np.int64))
        searched = np.zeros(len(self.languages), bool)
        searched[self.columns(setting)] = True
        return asked[searched[self._row_language[asked]]]

    @cached_property
    def _rows_of(self) -> dict[str, Ints]:
        """The rows of each query language."""
        of_row = self.query_language[self.query]
        return {str(language): np.flatnonzero(of_row == language) for language in np.unique(of_row)}

    @cached_property
    def _row_language(self) -> Ints:
        """Shape (rows,), number of each passage's language."""
        return self.language(self.passage)

    def grades(self, queries: Ints, passages: Ints) -> Ints:
        """Look up the relevance grade of each (query, passage), both of one shape; 0 where there is none."""
        place = self._places.find(queries, passages)
        return np.where(place >= 0, self.grade[place], 0)


class PairPlaces:
    """Where pairs of a query and a passage stand in two arrays.

    Args:
        query: Shape (n,), query numbers.
        passage: Shape (n,), passage numbers; no pair twice.
    """

    def __init__(self, query: Ints, passage: Ints) -> None:
        self._width = int(passage.max(initial=0)) + 1
        keys = query * self._width + passage
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def find(self, query: Ints, passage: Ints) -> Ints:
        """Return the place of each (query, passage), both of one shape; -1 where there is no such pair."""
        if not len(self._keys):
            return np.full(passage.shape, -1)
        wanted = query * self._width + passage
        place = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        known = (self._keys[place] == wanted) & (passage >= 0) & (passage < self._width)
        return np.where(known, self._order[place], -1)


def observed_collection(
    name: str,
    qrels: Mapping[str, Mapping[str, int]],
    results: Mapping[str, Mapping[str, float]],
    languages: Iterable[str] = (),
) -> MultilingualCollection:
    """Make a collection of the queries and documents that judgements and results name.

    Queries whose ids are equal after the language count as translations of one question; see
    :func:`~beir_hybrid.translations.link_translations`.

    Args:
        name: Name of the collection.
        qrels: Grades by query id and document id; ids begin with their language, as in ``en:17_3``.
        results: Scores by query id and document id, as BEIR has them.
        languages: Languages that were searched, whether one of their documents was seen or not.

    Raises:
        DataFormatError: If an id does not begin with its language.

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
            f"The {noun} id {shorten(identifier)} does not begin with its language.", "Write it as in en:17_3."
        )
    return language
