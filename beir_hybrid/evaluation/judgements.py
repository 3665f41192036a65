"""Judgements: a collection in numbers, and where its relevant passages stand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from beir_hybrid.arrays import Ints
from beir_hybrid.collection import MultilingualCollection, language_of
from beir_hybrid.errors import ConfigurationError, DataFormatError
from beir_hybrid.grades import HIGHEST_GRADE
from beir_hybrid.settings import Setting, all_settings
from beir_hybrid.storage.corpus import StoredCorpus


class Judgements:
    """A collection's queries and passages as numbers, counted through the languages, and its judgements.

    Args:
        collection: Queries, corpora and relevance.

    Attributes:
        collection: As given.
        languages: Languages that have passages.
        sizes: Shape (languages,), passages of each.
        queries: Query ids, by number.
        query_language: Shape (queries,), language code of each.
        group: Shape (queries,), numbers that translations of one question share.
        query: Shape (rows,), query number of each (query, relevant passage), sorted.
        passage: Shape (rows,), passage number.
        grade: Shape (rows,), relevance grade, above 0.

    Raises:
        ConfigurationError: If no query has a relevant passage.
        DataFormatError: If a grade is beyond :data:`~beir_hybrid.grades.HIGHEST_GRADE`.
    """

    def __init__(self, collection: MultilingualCollection) -> None:
        self.collection = collection
        self.languages = tuple(collection.corpora)
        self.sizes = np.array([len(texts) for texts in collection.corpora.values()], np.int64)
        self._starts = np.cumsum(self.sizes) - self.sizes
        self.queries = [query for texts in collection.queries.values() for query in texts]
        self.query_language = np.array([language_of(query) for query in self.queries])
        groups: dict[str, int] = {}
        self.group = np.array(
            [groups.setdefault(collection.group_of.get(query, query), len(groups)) for query in self.queries], np.int64
        )
        relevant = {
            query: {document: grade for document, grade in collection.qrels.get(query, {}).items() if grade > 0}
            for query in self.queries
        }
        for query, documents in relevant.items():
            for document, grade in documents.items():
                if grade > HIGHEST_GRADE:
                    raise DataFormatError(
                        f"The grade of {document!r} for {query!r} is above {HIGHEST_GRADE}.", "Give 0, 1, ..."
                    )
        numbers = self.passage_numbers({document for documents in relevant.values() for document in documents})
        rows = [
            (number, numbers[document], grade)
            for number, query in enumerate(self.queries)
            for document, grade in relevant[query].items()
        ]
        if not rows:
            raise ConfigurationError(f"No query of {collection.name} has a relevant passage.", "Check its qrels.")
        self.query, self.passage, self.grade = np.array(rows, np.int64).T
        self._keys = np.sort(self._key(self.query, self.passage))
        self._key_grades = self.grade[np.argsort(self._key(self.query, self.passage))]

    @cached_property
    def groups(self) -> list[str]:
        """What the dataset calls each query's group, by query number; the query's own id where it says nothing."""
        return [self.collection.group_of.get(query, query) for query in self.queries]

    @cached_property
    def query_numbers(self) -> dict[str, int]:
        """Number of each query id."""
        return {query: number for number, query in enumerate(self.queries)}

    @cached_property
    def settings(self) -> list[Setting]:
        """Every setting that has a query with a relevant passage."""
        return [
            setting
            for setting in all_settings(tuple(self.collection.queries), self.languages)
            if len(self.rows(setting))
        ]

    def passage_numbers(self, documents: set[str]) -> dict[str, int]:
        """Number some document ids; those that are in no corpus are left out."""
        numbers: dict[str, int] = {}
        for texts, start in zip(self.collection.corpora.values(), self._starts.tolist(), strict=True):
            if isinstance(texts, StoredCorpus):
                numbers |= {document: start + texts.position(document) for document in documents if document in texts}
            else:
                numbers |= {document: start + place for place, document in enumerate(texts) if document in documents}
        return numbers

    def identifiers(self, passages: Ints) -> list[str]:
        """Give the document ids of passages, shape (n,)."""
        languages = self.language(passages)
        found = np.empty(len(passages), object)
        for number in np.unique(languages):
            of_language = languages == number
            found[of_language] = self._ids(int(number), passages[of_language] - self._starts[number])
        return found.tolist()

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
        """Give the number of each passage's language; -1 for what is no passage."""
        return np.where(passages < 0, -1, np.searchsorted(np.cumsum(self.sizes), passages, side="right"))

    def columns(self, setting: Setting) -> Ints:
        """Give the numbers of a setting's corpus languages."""
        return np.array([self.languages.index(language) for language in setting.corpus_languages])

    def rows(self, setting: Setting) -> Ints:
        """Give the rows of a setting: its queries with their relevant passages in its corpora.

        Queries without a relevant passage there do not belong to it: nothing could be found for them.
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
        keys = self._key(queries, passages)
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where((passages >= 0) & (self._keys[place] == keys), self._key_grades[place], 0)

    def _key(self, queries: Ints, passages: Ints) -> Ints:
        return queries * int(self.sizes.sum()) + passages
