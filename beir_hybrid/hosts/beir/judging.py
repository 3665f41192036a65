"""Judging: qrels and results of BEIR, by language, in the form that measures are computed from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from beir_hybrid.arrays import Ints
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.runs import Run
from beir_hybrid.hosts.beir.loaded import LoadedData, data_for
from beir_hybrid.languages import code_of
from beir_hybrid.passage import Passage
from beir_hybrid.settings import Setting
from beir_hybrid.translations import link_translations

Qrels = Mapping[str, Mapping[str, int]]
Scores = Mapping[str, Mapping[str, float]]

_ANY = "und"  # the code of ISO 639 for an undetermined language


@dataclass(frozen=True, eq=False)
class Judged:
    """What some queries retrieved, by language.

    Attributes:
        judgements: The judged documents and queries.
        runs: What was retrieved, by setting.
        notes: What a reader of numbers must know.
        differences: Those of the notes that tell of means unlike BEIR's.
        declared: Whether the data name their languages as such, not only at the beginning of ids.
    """

    judgements: Judgements
    runs: dict[Setting, Run]
    notes: tuple[str, ...]
    differences: tuple[str, ...]
    declared: bool


def judge(qrels: Qrels, results: Scores, *, whatever_language: bool = False) -> Judged | None:
    """Sort judgements and results by language.

    Languages and the corpora's sizes are known from what a loader has loaded, or else languages from ids, and sizes
    are those of the documents that were judged or retrieved.

    Args:
        qrels: Grades by query id and document id.
        results: Scores by query id and document id.
        whatever_language: Whether to take everything for one language.

    Returns:
        None if the data carry no language.

    Raises:
        DataFormatError: If some documents or queries have a language and others have none, or a score is no number.
        ConfigurationError: If no query has a relevant document.
    """
    seen = dict.fromkeys(chain.from_iterable(chain(qrels.values(), (results.get(query, {}) for query in qrels))))
    notes: list[str] = []
    if whatever_language:
        data = LoadedData("data", {_ANY: len(seen)}, languages=dict.fromkeys([*seen, *qrels], _ANY))
    elif (known := data_for(qrels, seen)) is not None:
        data = known
    elif not qrels or not all(map(code_of, qrels)):
        return None
    else:
        data = LoadedData("data", {})
        notes.append("the sizes of the corpora are not known: they are those of the documents judged or retrieved")
    names = _Names(data)
    documents = {document: names.of(document, "document") for document in seen}
    queries = {query: names.of(query, "query") for query in qrels}
    if "" in data.sizes:
        raise DataFormatError(
            f"{data.sizes['']} documents of {data.name} have no language.",
            "Write their ids as in en:17_3, or give each a language in its metadata.",
        )
    judgements = Judgements(_collection(data, qrels, documents, queries))
    differences = tuple(_differences(qrels, results))
    runs = _runs(judgements, data, results, documents, queries)
    return Judged(judgements, runs, (*notes, *differences), differences, data.declared)


@dataclass(frozen=True, eq=False)
class Searched:
    """Everything that was searched, by language.

    Attributes:
        collection: The queries and corpora, without their texts, and the judgements.
        documents: Ids in the collection by the script's document ids.
        queries: Ids in the collection by the script's query ids.
        data: What was loaded.
    """

    collection: MultilingualCollection
    documents: dict[str, str]
    queries: dict[str, str]
    data: LoadedData

    def settings(self, judgements: Judgements) -> list[Setting]:
        """Return the settings that have a query with a relevant passage, the pool's under the name that it has."""
        return [
            Setting(one.query_language, one.corpus_languages, _is_pool(self.data)) if one.pool else one
            for one in judgements.settings
        ]


def judge_searched(qrels: Qrels, documents: Iterable[str], queries: Iterable[str]) -> Searched | None:
    """Sort everything that was searched by language.

    Args:
        qrels: Grades by query id and document id.
        documents: Ids of all documents.
        queries: Ids of the queries, all of which are judged.

    Returns:
        None if the data carry no language.

    Raises:
        DataFormatError: If some documents or queries have a language and others have none, or a relevant document was
            not searched.
    """
    ids = list(documents)
    data = data_for(qrels, ids)
    if data is None:
        if not all(map(code_of, qrels)):
            return None
        data = LoadedData("data", {})
    data = replace(data, sizes=Counter(map(data.language, ids)))
    names = _Names(data)
    named = {document: names.of(document, "document") for document in ids}
    asked = {query: names.of(query, "query") for query in queries}
    judged = {query: {doc: grade for doc, grade in qrels[query].items() if doc in named} for query in asked}
    relevant = [doc for query in asked for doc, grade in qrels[query].items() if grade > 0 and doc not in named]
    if relevant:
        raise DataFormatError(f"{len(set(relevant)):,} relevant documents such as {relevant[0]!r} were not searched.")
    collection = _collection(data, judged, named, asked)
    ordered: dict[str, dict[str, str]] = {language: {} for language in collection.queries}
    for query, name in asked.items():  # as they were loaded, since bootstrap draws depend on the order
        ordered[data.language(query)][name] = ""
    return Searched(replace(collection, queries=ordered), named, asked, data)


def _is_pool(data: LoadedData) -> bool:
    """Return whether several corpora are all that there are, and not some of them, as in the setting en-de+fr."""
    return "+" not in data.name


def _differences(qrels: Qrels, results: Scores) -> Iterator[str]:
    """Tell where means are not over BEIR's queries, or BEIR's rankings lack a document."""
    answered = {query for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())}
    if missing := len(answered - results.keys()):
        yield f"queries without a result, which BEIR leaves out of its means: {missing}"
    if unanswered := len((qrels.keys() - answered) & results.keys()):
        yield f"queries without a relevant document, which BEIR counts 0 and this leaves out: {unanswered}"
    itself = sum(grades.get(query, 0) > 0 and query not in results.get(query, ()) for query, grades in qrels.items())
    if itself:
        yield f"queries with a relevant document of their own id, which BEIR leaves out of rankings: {itself}"


class _Names:
    """Names documents and queries so that they begin with their languages."""

    def __init__(self, data: LoadedData) -> None:
        self.data = data

    def of(self, identifier: str, noun: str) -> str:
        language = self.data.language(identifier)
        if not language:
            raise DataFormatError(
                f"The {noun} {identifier!r} of {self.data.name} has no language, and others have one.",
                "Write ids as in en:17_3, or give each a language in its metadata.",
            )
        return identifier if identifier.startswith(f"{language}:") else f"{language}:{identifier}"


class _Corpus(Mapping[str, Passage]):
    """A corpus of which only the documents are known that were judged or retrieved, and how many it has.

    Args:
        language: Code that all ids begin with.
        documents: The known ids.
        size: Number of documents; at least as many as are known.
    """

    checksum = "0"  # of texts, which are not known

    def __init__(self, language: str, documents: list[str], size: int) -> None:
        self.language = language
        self._place = {document: place for place, document in enumerate(documents)}
        self._size = max(size, len(documents))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __contains__(self, document: object) -> bool:
        return document in self._place

    def __getitem__(self, document: str) -> Passage:
        if document not in self._place:
            raise KeyError(document)
        return Passage("")


def _collection(
    data: LoadedData, qrels: Qrels, documents: Mapping[str, str], queries: Mapping[str, str]
) -> MultilingualCollection:
    by_language: dict[str, list[str]] = {language: [] for language in sorted(data.sizes)}
    for document, name in documents.items():
        by_language.setdefault(data.language(document), []).append(name)
    asked: dict[str, dict[str, str]] = {}
    for query, name in sorted(queries.items(), key=lambda item: item[1]):
        asked.setdefault(data.language(query), {})[name] = ""
    judged = {
        queries[query]: {documents[document]: int(grade) for document, grade in grades.items()}
        for query, grades in qrels.items()
    }
    links = link_translations(
        {name: data.language(query) for query, name in queries.items()},
        {queries[query]: group for query, group in data.groups.items() if query in queries},
    )
    return MultilingualCollection(
        name=data.name or "data",
        corpora={code: _Corpus(code, names, data.sizes.get(code, 0)) for code, names in by_language.items()},
        queries=asked,
        qrels=judged,
        passage_text=data.passage_text,
        group_of=links.group_of,
        notes=(*data.notes, *links.notes),
        linked_by=links.rule,
    )


def _runs(
    judgements: Judgements,
    data: LoadedData,
    results: Scores,
    documents: Mapping[str, str],
    queries: Mapping[str, str],
) -> dict[Setting, Run]:
    """Rank what the queries of each language retrieved; ties fall by BEIR's ids, as in BEIR's own measures."""
    numbers = judgements.passage_numbers(set(documents.values()))
    number = {document: numbers[name] for document, name in documents.items()}
    place = {query: judgements.query_numbers[name] for query, name in queries.items()}
    original = {number[document]: document for document in documents}

    def identifiers(passages: Ints) -> list[str]:
        return [original[passage] for passage in passages.tolist()]

    pool = judgements.languages
    pooled = len(pool) > 1 and _is_pool(data)
    runs = {}
    for language in judgements.collection.queries:
        mine = [query for query in queries if data.language(query) == language and query in results]
        found = [results[query] for query in mine]
        score = np.array(list(chain.from_iterable(scores.values() for scores in found)), np.float64)
        if not np.isfinite(score).all():
            raise DataFormatError(f"A score of {data.name} is no finite number.", "Mend the search.")
        runs[Setting(language, pool, pool=pooled)] = Run(
            np.repeat(np.array([place[query] for query in mine], np.int64), [len(scores) for scores in found]),
            np.array([number[document] for scores in found for document in scores], np.int64),
            score,
            identifiers,
        )
    return runs
