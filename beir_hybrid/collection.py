"""MultilingualCollection: corpora, queries and relevance, by language. The noun of evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from numbers import Integral, Real
from typing import Protocol, runtime_checkable

from beir_hybrid.errors import ConfigurationError, DataFormatError, shorten
from beir_hybrid.languages import choose_languages
from beir_hybrid.passage import Passage
from beir_hybrid.settings import choose_setting
from beir_hybrid.storage.checksums import combine, digest_row
from beir_hybrid.translations import DATASET

BeirCorpus = dict[str, dict[str, str]]
BeirQueries = dict[str, str]
BeirQrels = dict[str, dict[str, int]]


@runtime_checkable
class LazyCorpus(Protocol):
    """A corpus that guarantees its own ids and content, so that they are not checked one by one.

    Such as :class:`~beir_hybrid.storage.corpus.StoredCorpus`; it is a mapping from document ids to passages as well.

    Attributes:
        language: Code that all its ids begin with.
        checksum: As :func:`corpus_checksum` computes it.
    """

    language: str
    checksum: str


def language_of(identifier: str) -> str:
    """Read the language that a query or document id begins with.

    Args:
        identifier: An id such as ``en:17_3``.

    Returns:
        The language code before the first colon; an empty string if there is none.

    Examples:
        >>> language_of("en:17_3")
        'en'
    """
    language, colon, _ = identifier.partition(":")
    return language if colon else ""


def corpus_checksum(corpus: Mapping[str, Passage]) -> str:
    """Return 32 hexadecimal digits over a corpus's ids, titles and texts that do not depend on its order."""
    if isinstance(corpus, LazyCorpus):
        return corpus.checksum
    return combine(digest_row(document, passage.title, passage.text) for document, passage in corpus.items())


def qrels_checksum(qrels: Mapping[str, Mapping[str, int]]) -> str:
    """Return 32 hexadecimal digits over judgements that do not depend on their order."""
    return combine(
        digest_row(query, document, str(int(grade)))
        for query, judged in qrels.items()
        for document, grade in judged.items()
    )


def _is_whole(grade: object) -> bool:
    if isinstance(grade, Integral):
        return True
    return isinstance(grade, Real) and not float(grade) % 1  # the remainder of NaN and of infinity is NaN


@dataclass(frozen=True, eq=False)
class MultilingualCollection:
    """Corpora, queries and relevance judgements of several languages.

    Ids carry their language (``en:17_3``), so that pools of languages never collide and a run file alone tells the
    languages.

    Args:
        name: Name of the dataset, such as ``xquad-r``.
        corpora: Passages by language and document id.
        queries: Query texts by language and query id.
        qrels: Relevance grades by query id and document id; grades of 0 and below are judged as not relevant.
        passage_text: What a passage's text consists of, such as ``sentence``; results name it.
        group_of: Query id to the id of the question it translates, where the dataset says so; translations of one
            question share a group.
        notes: What a reader of results must know, such as that the corpora are not whole.
        measures: What is measured unless asked otherwise, such as ``("ndcg@10", "recall@100")``; empty for this
            package's own choice.
        linked_by: How ``group_of`` is known: ``dataset``, ``metadata.group``, ``equal ids`` or ``none``; results name
            it (see :mod:`~beir_hybrid.translations`).

    Raises:
        DataFormatError: If an id does not carry its language, a text or group is no string, a passage no
            :class:`Passage` or a grade no whole number, or a judgement names an unknown query or document.
    """

    name: str
    corpora: Mapping[str, Mapping[str, Passage]]
    queries: Mapping[str, Mapping[str, str]]
    qrels: Mapping[str, Mapping[str, int]]
    passage_text: str = "text"
    group_of: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    linked_by: str = DATASET

    def __post_init__(self) -> None:
        for problem, fix in chain(self._problems_of_texts(), self._problems_of_qrels(), self._problems_of_words()):
            raise DataFormatError(f"{self.name}: {problem}", fix)

    def _problems_of_texts(self) -> Iterator[tuple[str, str]]:
        for kind, by_language in (("document", self.corpora), ("query", self.queries)):
            for language, texts in by_language.items():
                if isinstance(texts, LazyCorpus) and texts.language == language:
                    continue
                prefix = f"{language}:"
                for identifier, text in texts.items():
                    if not isinstance(identifier, str) or not identifier.startswith(prefix):
                        problem = f"the {kind} id {shorten(identifier)} does not begin with {prefix!r}."
                        yield problem, "Prefix every id with its language."
                    elif kind == "query":
                        if not isinstance(text, str):
                            yield f"the query {shorten(identifier)} is {shorten(text)}.", "Make it a string."
                    elif not isinstance(text, Passage):
                        yield f"the passage {shorten(identifier)} is a {type(text).__name__}.", "Make it a Passage."
                    elif not all(isinstance(part, str) for part in text):
                        name, value = next(part for part in text._asdict().items() if not isinstance(part[1], str))
                        problem = f"the {name} of the passage {shorten(identifier)} is {shorten(value)}."
                        yield problem, "Make it a string, empty for what is missing."

    def _problems_of_qrels(self) -> Iterator[tuple[str, str]]:
        for query, judged in self.qrels.items():
            if not isinstance(query, str) or query not in self.queries.get(language_of(query), {}):
                yield f"the qrels judge an unknown query {shorten(query)}.", "Remove that row."
            for document, grade in judged.items():
                if not isinstance(document, str) or document not in self.corpora.get(language_of(document), {}):
                    problem = f"the qrels of {shorten(query)} name an unknown document {shorten(document)}."
                    yield problem, "Add the document or remove that row."
                elif not _is_whole(grade):
                    problem = f"the qrels of {shorten(query)} grade {shorten(document)} with {shorten(grade)}."
                    yield problem, "Give a whole number, above 0 for what is relevant."

    def _problems_of_words(self) -> Iterator[tuple[str, str]]:
        """Check what results are written with."""
        for name in ("name", "passage_text"):
            word = getattr(self, name)
            if not isinstance(word, str):
                yield f"its {name} is {shorten(word)}.", "Make it a string."
        for name in ("notes", "measures"):
            words = getattr(self, name)
            if not isinstance(words, tuple | list) or not all(isinstance(word, str) for word in words):
                yield f"its {name} are {shorten(words)}.", "Make them a tuple of strings."
        groups: Mapping[str, object] = self.group_of
        for query, group in groups.items():
            if not isinstance(group, str):
                yield f"the group of {shorten(query)} is {shorten(group)}.", "Make it a string."

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of queries and corpora, in the dataset's order."""
        return tuple(dict.fromkeys([*self.queries, *self.corpora]))

    def select(self, languages: Iterable[str] | None) -> MultilingualCollection:
        """Keep only some languages, of queries, corpora and judgements alike.

        Args:
            languages: Language codes, or None for all.

        Raises:
            LanguageError: If the collection lacks one of them.
        """
        chosen = choose_languages(languages, self.languages, self.name)
        if chosen == self.languages:
            return self
        queries = {language: self.queries[language] for language in chosen if language in self.queries}
        return self._part(queries, [language for language in chosen if language in self.corpora])

    def setting(self, name: str) -> MultilingualCollection:
        """Keep what a setting needs: its corpora, and the queries with a relevant passage in them.

        Args:
            name: Such as ``de``, ``en-de``, ``en-de+es`` or ``en-all``; empty for all queries and all corpora.

        Raises:
            UnknownNameError: If the collection has no such setting.
            ConfigurationError: If no query has a relevant passage in the corpora.

        Examples:
            >>> from beir_hybrid.datasets import load_dataset
            >>> load_dataset("sample").setting("en-de")
            MultilingualCollection('sample', 2 languages, 74 queries, 74 passages, passage_text='sentence')
        """
        queries, corpora = tuple(self.queries), tuple(self.corpora)
        if name:
            chosen = choose_setting(name, queries, corpora, self.name)
            queries, corpora = (chosen.query_language,), chosen.corpus_languages
        part = self._answerable(queries, corpora)
        if not part.qrels:
            where = f"the setting {name!r}" if name else "it"
            raise ConfigurationError(
                f"{self.name}: no query has a relevant passage in {where}.", "Choose another setting or split."
            )
        return part

    def _answerable(self, queries: Iterable[str], corpora: Sequence[str]) -> MultilingualCollection:
        """Keep the corpora of some languages, and the queries of some that have a relevant passage in them."""
        answerable = {
            query
            for query, grades in self.qrels.items()
            if any(grade > 0 and language_of(document) in corpora for document, grade in grades.items())
        }
        texts = {
            language: {query: text for query, text in self.queries[language].items() if query in answerable}
            for language in queries
        }
        return self._part({language: part for language, part in texts.items() if part}, corpora)

    def _part(self, queries: Mapping[str, Mapping[str, str]], corpora: Sequence[str]) -> MultilingualCollection:
        kept = [query for texts in queries.values() for query in texts]
        return replace(
            self,
            corpora={language: self.corpora[language] for language in corpora},
            queries=queries,
            qrels={
                query: {doc: grade for doc, grade in self.qrels[query].items() if language_of(doc) in corpora}
                for query in kept
                if query in self.qrels
            },
            group_of={query: self.group_of[query] for query in kept if query in self.group_of},
        )

    def checksums(self) -> dict[str, str]:
        """Return checksums of the content that do not depend on the order of languages, queries and passages.

        Returns:
            32 hexadecimal digits each of ``queries`` (ids and texts), ``passages`` (ids, titles and texts; not
            contexts, which are not searched) and ``qrels`` (all judgements, grades of 0 included).
        """
        return {
            "queries": combine(digest_row(*row) for texts in self.queries.values() for row in texts.items()),
            "passages": combine(int(corpus_checksum(corpus), 16) for corpus in self.corpora.values()),
            "qrels": qrels_checksum(self.qrels),
        }

    def beir(
        self, queries: str | Iterable[str] | None = None, corpus: str | Iterable[str] | None = None
    ) -> tuple[BeirCorpus, BeirQueries, BeirQrels]:
        """Return BEIR's three dicts for any setting.

        Queries without a relevant passage in the chosen corpora are left out: nothing could be found for them. The
        chosen corpora are read into memory as a whole, as BEIR wants them, even where they are stored on disk.

        Args:
            queries: Query language or languages; None for all.
            corpus: Corpus language or languages; None for all.

        Returns:
            ``corpus`` (id to title and text), ``queries`` (id to text) and ``qrels`` (query id to document id to
            grade), as ``beir.datasets.data_loader.GenericDataLoader.load`` returns them.

        Raises:
            LanguageError: If the collection lacks one of the languages.
        """
        corpora = choose_languages(corpus, tuple(self.corpora), f"{self.name}'s corpus")
        chosen = choose_languages(queries, tuple(self.queries), f"{self.name}'s queries")
        part = self._answerable(chosen, corpora)
        return (
            {
                document: {"title": passage.title, "text": passage.text}
                for texts in part.corpora.values()
                for document, passage in texts.items()
            },
            {query: text for texts in part.queries.values() for query, text in texts.items()},
            {query: dict(grades) for query, grades in part.qrels.items()},
        )

    def __repr__(self) -> str:
        queries = sum(len(texts) for texts in self.queries.values())
        passages = sum(len(texts) for texts in self.corpora.values())
        return (
            f"MultilingualCollection({self.name!r}, {len(self.languages)} languages, "
            f"{queries} queries, {passages} passages, passage_text={self.passage_text!r})"
        )
