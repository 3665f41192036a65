"""Settings and language bias of what a script has retrieved: from its search's vectors, or else from its results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.measures import build_measures
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.search.scores import stack
from beir_hybrid.hosts.beir.dicts import Qrels, Scores, as_corpus, as_queries
from beir_hybrid.hosts.beir.remembered_searches import Encoded, remembered_searches
from beir_hybrid.hosts.beir.script_collection import (
    ScriptCollection,
    collection_of_results,
    collection_of_search,
    differences_from_beir,
)
from beir_hybrid.passage import Passage

_PEER_DEPTH = 10  # that of the other measures of bias
_AS_THEY_ARE = "the results are scored as they are; all settings, with full rankings, follow from vectors only."
_UNDEFINED = {
    "rank_distance": "no query has several relevant passages, one of them among those that count",
    "same_language_share": "no passage is in the language of a query",
    "mrc": "no question is asked in several languages",
    "one_target_map": "no query has a relevant passage in that language",
    "peer": "no query has several relevant passages in one language, without which the test says nothing",
}
"""By name of a measure, why it has no value."""

_reported: WeakKeyDictionary[Encoded, set[int]] = WeakKeyDictionary()
"""By the vectors of a search, the judgements that it was reported on with."""


@dataclass(frozen=True, eq=False)
class SearchedVectors:
    """The vectors of the searches that found some results, and everything that was searched.

    Attributes:
        qrels: Grades by query id and document id.
        vectors: The vectors of each search, with those queries that it found the results of.
        searched: Everything that was searched, by language.
    """

    qrels: Qrels
    vectors: list[tuple[Encoded, list[str]]]
    searched: ScriptCollection

    def is_news(self) -> bool:
        """Return, once, that these results with these judgements were not reported on."""
        judged = frozenset((query, frozenset(self.qrels[query].items())) for query in self.searched.queries)
        known = _reported.setdefault(self.vectors[0][0], set())
        if hash(judged) in known:
            return False
        known.add(hash(judged))
        return True

    def score(self, name: str) -> Results:
        """Score all settings of what was searched, as ``beir-hybrid evaluate`` scores a model.

        Rankings are full and exact, of all passages that the search was given.

        Args:
            name: What the results call the model.

        Raises:
            ConfigurationError: If no query has a relevant passage.
        """
        bias = ("bias", f"peer@{_PEER_DEPTH}")
        scored = evaluate(
            self._embeddings(),
            self.searched.judgements,
            settings=self.searched.settings,
            measures=[*(self.searched.data.measures or ("default",)), *bias],
            model_name=name,
            notes=(*self.vectors[0][0].notes, *self._notes()),
        )
        return _with_reasons(scored, ("default", *bias))

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


def searched_vectors(qrels: Qrels, results: Scores) -> SearchedVectors | None:
    """Find the vectors that results were found by.

    Args:
        qrels: Grades by query id and document id.
        results: Scores by query id and document id.

    Returns:
        None if the data carry no language, or one that nobody declared.

    Raises:
        ModelError: If the results are none that vectors are known for.
        DataFormatError: If a language or a relevant document is lacking.
    """
    vectors = remembered_searches.find(results, qrels)
    texts = {query: text for encoded, _ in vectors for query, text in as_queries(encoded.query_texts).items()}
    encoded_by = {query: encoded for encoded, queries in vectors for query in queries}
    asked = [query for encoded, _ in vectors for query in encoded.queries.ids if encoded_by.get(query) is encoded]
    first = vectors[0][0]
    corpus = as_corpus(first.corpus)
    passages = {
        document: Passage(corpus[document].get("text") or "", corpus[document].get("title") or "")
        for document in first.passages.ids
    }
    searched = collection_of_search(qrels, passages, {query: texts[query] for query in asked})
    return SearchedVectors(qrels, vectors, searched) if searched is not None and searched.is_multilingual else None


def measure_results(
    qrels: Qrels, results: Scores, k_values: Sequence[int], name: str = "BEIR", lacking: str = ""
) -> Results | None:
    """Measure every setting that results hold: BEIR's measures, and those of bias where there are several languages.

    Args:
        qrels: As for :func:`searched_vectors`.
        results: Likewise.
        k_values: Cut-offs.
        name: What the results call the model.
        lacking: Why there are no vectors to score other settings from, for the notes; empty to say nothing of them.

    Returns:
        None if the data carry no language.

    Raises:
        BeirHybridError: If they cannot be measured.
    """
    retrieved = collection_of_results(qrels, results)
    if retrieved is None or not retrieved.is_multilingual:
        return None
    first, _ = shown_cutoffs(k_values)
    names = [f"{base}@{k}" for base in ("ndcg", "map", "recall", "precision", "rank_distance") for k in k_values]
    names += [f"{base}@{first}" for base in ("same_language_share", "language_share", "ndkl", "mrc", "peer")]
    names = list(dict.fromkeys([*names, "one_target_map"]))
    scored = evaluate(
        retrieved.runs(results),
        retrieved.judgements,
        measures=names,
        model_name=name,
        intervals=False,
        notes=(*differences_from_beir(qrels, results), *([f"{_AS_THEY_ARE} {lacking}"] if lacking else [])),
    )
    # texts are not known, so there is nothing to take a checksum of but the judgements
    return replace(_with_reasons(scored, names), data={"qrels": scored.data["qrels"]})


def shown_cutoffs(k_values: Sequence[int]) -> tuple[int, int]:
    """Choose the cut-offs to show: 10 or what comes close, and the deepest."""
    return max([k for k in k_values if k <= 10], default=min(k_values)), max(k_values)


def _with_reasons(scored: Results, measures: Sequence[str]) -> Results:
    """Name the measures that compare languages and have no value, each with the reason.

    Args:
        scored: Results with the values of queries.
        measures: Names of the measures that were asked for.
    """
    undefined = [name for name, defined in _defined(scored).items() if not defined]
    # those that count the queries without a value, where that is all of them
    counts = tuple(f"{name} is undefined for " for name in undefined)
    notes = [note for note in scored.notes if not (counts and note.startswith(counts))]
    if "multi" in scored.scores:
        reasons = [f"{name}: undefined, as {_UNDEFINED.get(_base(name), 'no query has a value')}" for name in undefined]
    else:
        names = [_base(measure.name) for measure in build_measures(measures)["multi"] if measure.needs_languages]
        several = "they compare languages, and no setting here has passages of several"
        reasons = [f"{', '.join(dict.fromkeys(names))}: undefined, as {several}"]
    return replace(scored, notes=(*notes, *reasons))


def _defined(scored: Results) -> Mapping[str, bool]:
    """Return, by measure, whether a query of a multilingual setting has a value."""
    defined: dict[str, bool] = {}
    for setting in scored.values.settings if scored.values is not None else ():
        if setting.kind == "multi":
            for name, values in setting.values.items():
                defined[name] = defined.get(name, False) or not bool(np.isnan(values).all())
    return defined


def _base(name: str) -> str:
    return name.partition("@")[0].partition("[")[0]
