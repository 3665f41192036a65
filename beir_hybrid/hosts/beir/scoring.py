"""Scoring: every setting, from the vectors that a script's search worked with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.evaluate import evaluate_scorer
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.scorer import EmbeddingScorer
from beir_hybrid.evaluation.search.scores import stack
from beir_hybrid.evaluation.timing import timed
from beir_hybrid.hosts.beir.dicts import as_corpus, as_queries
from beir_hybrid.hosts.beir.judging import Qrels, Scores, Searched, judge_searched
from beir_hybrid.hosts.beir.retrieval import Encoded, retrievals
from beir_hybrid.storage.checksums import combine, digest_row

_told: WeakKeyDictionary[Encoded, set[int]] = WeakKeyDictionary()
"""By the vectors of a search, the judgements that it was reported on with."""


@dataclass(frozen=True, eq=False)
class Retrieved:
    """What a script's searches found, with the vectors that they worked with and everything that was searched.

    Attributes:
        qrels: Grades by query id and document id.
        vectors: The vectors of each search, with those queries that it found the results of.
        searched: Everything that was searched, by language.
    """

    qrels: Qrels
    vectors: list[tuple[Encoded, list[str]]]
    searched: Searched

    def is_news(self) -> bool:
        """Tell, once, that these results with these judgements were not reported on."""
        judged = frozenset((query, frozenset(self.qrels[query].items())) for query in self.searched.queries)
        told = _told.setdefault(self.vectors[0][0], set())
        if hash(judged) in told:
            return False
        told.add(hash(judged))
        return True

    def score(self, measures: Sequence[str], name: str) -> Results:
        """Score all settings of what was searched, as ``beir-hybrid evaluate`` scores a model.

        Rankings are full and exact, of all passages that the search was given.

        Args:
            measures: Names of measures besides those that the data ask for.
            name: What the results call the model.

        Raises:
            ConfigurationError: If no query has a relevant passage.
        """
        judgements = Judgements(self.searched.collection)
        settings = self.searched.settings(judgements)
        seconds: dict[str, float] = {}
        with timed(seconds, "rank"):
            scorer = EmbeddingScorer(judgements, self._embeddings(), chosen=settings)
        scored = evaluate_scorer(
            scorer,
            settings,
            depth=None,
            measures=[*(self.searched.data.measures or ("default",)), *measures],
            name=name,
            seconds=seconds,
            notes=(*self.vectors[0][0].notes, *self._notes()),
        )
        return replace(scored, data={**scored.data, **self._checksums()})

    def _embeddings(self) -> Embeddings:
        """Put the vectors into the collection's order."""
        collection, passages = self.searched.collection, self.vectors[0][0].passages
        place = {self.searched.documents[document]: place for place, document in enumerate(passages.ids)}
        row: dict[str, int] = {}
        parts = []
        for encoded, queries in self.vectors:
            asked = encoded.queries.places(queries)
            row |= {self.searched.queries[query]: len(row) + number for number, query in enumerate(asked)}
            parts.append(encoded.queries.vectors[list(asked.values())])
        rows = stack(parts)
        return Embeddings(
            {code: rows[[row[name] for name in texts]] for code, texts in collection.queries.items()},
            {code: passages.take([place[name] for name in texts]) for code, texts in collection.corpora.items()},
        )

    def _notes(self) -> Iterator[str]:
        asked = self.searched.queries.keys()
        answered = {query for query, grades in self.qrels.items() if any(grade > 0 for grade in grades.values())}
        if missing := len(answered - asked):
            yield f"queries without a result, which this and BEIR leave out of means: {missing:,}"
        if itself := len(self.searched.documents.keys() & asked):
            yield f"queries with a document of their own id, which BEIR leaves out of rankings: {itself:,}"

    def _checksums(self) -> dict[str, str]:
        """Return checksums of the texts, as :meth:`MultilingualCollection.checksums` does."""
        texts = {query: text for encoded, _ in self.vectors for query, text in as_queries(encoded.query_texts).items()}
        corpus = as_corpus(self.vectors[0][0].corpus)
        passages = ((name, corpus[document]) for document, name in self.searched.documents.items())
        return {
            "queries": combine(digest_row(name, texts[query]) for query, name in self.searched.queries.items()),
            "passages": combine(
                digest_row(name, passage.get("title") or "", passage.get("text") or "") for name, passage in passages
            ),
        }


def retrieved_for(qrels: Qrels, results: Scores) -> Retrieved | None:
    """Find what results were retrieved by.

    Args:
        qrels: Grades by query id and document id.
        results: Scores by query id and document id.

    Returns:
        None if the data carry no language, or one that nobody declared.

    Raises:
        ModelError: If the results are none that vectors are known for.
        DataFormatError: If a language or a relevant document is lacking.
    """
    found = retrievals.find(results, qrels)
    found_by = {query: encoded for encoded, queries in found for query in queries}
    asked = [query for encoded, _ in found for query in encoded.queries.ids if found_by.get(query) is encoded]
    searched = judge_searched(qrels, found[0][0].passages.ids, asked)
    if searched is None or not (searched.data.declared or len(searched.collection.languages) > 1):
        return None
    return Retrieved(qrels, found, searched)
