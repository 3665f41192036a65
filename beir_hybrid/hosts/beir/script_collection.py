"""ScriptCollection: what a script has judged, searched and retrieved, by language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import numpy as np

from beir_hybrid.arrays import Ints
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.runs import Run
from beir_hybrid.hosts.beir.dicts import Qrels, Scores
from beir_hybrid.hosts.beir.loaded_data import LoadedData, loaded_datasets
from beir_hybrid.passage import Passage
from beir_hybrid.settings import Setting
from beir_hybrid.translations import link_translations

_ANY = "und"  # the code of ISO 639 for an undetermined language
_NO_LANGUAGE = "Write ids as in en:17_3, or give each a language in its metadata."


@dataclass(frozen=True, eq=False)
class ScriptCollection:
    """A collection made of a script's dicts, whose ids begin with their languages.

    Attributes:
        data: What was loaded.
        documents: Ids in the collection by the script's document ids.
        queries: Ids in the collection by the script's query ids.
        collection: Queries, corpora and judgements.
    """

    data: LoadedData
    documents: dict[str, str]
    queries: dict[str, str]
    collection: MultilingualCollection

    @cached_property
    def judgements(self) -> Judgements:
        """The collection in numbers.

        Raises:
            ConfigurationError: If no query has a relevant document.
        """
        return Judgements(self.collection, self.data.sizes)

    @property
    def is_multilingual(self) -> bool:
        """Whether there are languages to report on: declared or several, since ids may begin alike by chance."""
        return self.data.declared or len(self.collection.languages) > 1

    @property
    def settings(self) -> list[Setting]:
        """The settings that have a query with a relevant passage, the pool's under the name that it has."""
        return [
            replace(setting, pool=self._is_pool) if setting.pool else setting for setting in self.judgements.settings
        ]

    def runs(self, results: Scores) -> dict[Setting, Run]:
        """Rank what the queries of each language retrieved; ties fall by BEIR's ids, as in BEIR's own measures.

        Raises:
            DataFormatError: If a score is not a finite number.
        """
        judgements, data = self.judgements, self.data
        numbers = judgements.passage_numbers(set(self.documents.values()))
        number = {document: numbers[name] for document, name in self.documents.items()}
        place = {query: judgements.query_numbers[name] for query, name in self.queries.items()}
        original = {number[document]: document for document in self.documents}

        def identifiers(passages: Ints) -> list[str]:
            return [original[passage] for passage in passages.tolist()]

        pool = judgements.languages
        runs = {}
        for language in self.collection.queries:
            mine = [query for query in self.queries if data.language(query) == language and query in results]
            rankings = [results[query] for query in mine]
            score = np.array(list(chain.from_iterable(ranking.values() for ranking in rankings)), np.float64)
            if not np.isfinite(score).all():
                raise DataFormatError(f"A score of {data.name} is not a finite number.", "Check the search.")
            runs[Setting(language, pool, pool=len(pool) > 1 and self._is_pool)] = Run(
                np.repeat(np.array([place[query] for query in mine], np.int64), list(map(len, rankings))),
                np.array([number[document] for ranking in rankings for document in ranking], np.int64),
                score,
                identifiers,
            )
        return runs

    @property
    def _is_pool(self) -> bool:
        """Whether several corpora are all that there are, and not some of them, as in the setting en-de+fr."""
        return "+" not in self.data.name


def collection_of_results(qrels: Qrels, results: Scores, *, whatever_language: bool = False) -> ScriptCollection | None:
    """Sort judgements and results by language.

    The corpora hold the documents that were judged or retrieved; they are as large as those that were loaded.

    Args:
        qrels: Grades by query id and document id.
        results: Scores by query id and document id.
        whatever_language: Whether to take everything for one language.

    Returns:
        None if the data carry no language.

    Raises:
        DataFormatError: If some documents or queries have a language and others have none.
    """
    seen = dict.fromkeys(chain.from_iterable(chain(qrels.values(), (results.get(query, {}) for query in qrels))))
    if whatever_language:
        languages = dict.fromkeys([*seen, *qrels], _ANY)
        data: LoadedData | None = LoadedData(sizes={_ANY: len(seen)}, languages=languages)
    else:
        data = loaded_datasets.find(qrels, seen)
    if data is None:
        return None
    unknown = "the sizes of the corpora are not known: they are those of the documents judged or retrieved"
    collected = _collect(
        data,
        qrels,
        dict.fromkeys(seen, Passage("")),
        dict.fromkeys(sorted(qrels), ""),
        () if data.sizes else (unknown,),
    )
    if "" in data.sizes:
        raise DataFormatError(f"{data.sizes['']} documents of {data.name} have no language.", _NO_LANGUAGE)
    return collected


def collection_of_search(
    qrels: Qrels, passages: Mapping[str, Passage], queries: Mapping[str, str]
) -> ScriptCollection | None:
    """Sort everything that was searched by language.

    Args:
        qrels: Grades by query id and document id.
        passages: All that was searched, by document id.
        queries: Texts by query id; all of them are judged.

    Returns:
        None if the data carry no language.

    Raises:
        DataFormatError: If some documents or queries have a language and others have none, or a relevant document was
            not searched.
    """
    data = loaded_datasets.find(qrels, passages)
    if data is None:
        return None
    judged = {query: {doc: grade for doc, grade in qrels[query].items() if doc in passages} for query in queries}
    data = replace(data, sizes=Counter(map(data.language, passages)))
    collected = _collect(data, judged, passages, queries)
    relevant = [doc for query in queries for doc, grade in qrels[query].items() if grade > 0 and doc not in passages]
    if relevant:
        raise DataFormatError(f"{len(set(relevant)):,} relevant documents such as {relevant[0]!r} were not searched.")
    return collected


def differences_from_beir(qrels: Qrels, results: Scores) -> Iterator[str]:
    """Describe where means are not over BEIR's queries, or BEIR's rankings lack a document."""
    answered = {query for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())}
    if missing := len(answered - results.keys()):
        yield f"queries without a result, which BEIR leaves out of its means: {missing}"
    if unanswered := len((qrels.keys() - answered) & results.keys()):
        yield f"queries without a relevant document, which BEIR counts 0 and this leaves out: {unanswered}"
    itself = sum(grades.get(query, 0) > 0 and query not in results.get(query, ()) for query, grades in qrels.items())
    if itself:
        yield f"queries with a relevant document of their own id, which BEIR leaves out of rankings: {itself}"


def _collect(
    data: LoadedData,
    qrels: Qrels,
    passages: Mapping[str, Passage],
    queries: Mapping[str, str],
    notes: tuple[str, ...] = (),
) -> ScriptCollection:
    named, asked = _named(data, passages, "document"), _named(data, queries, "query")
    corpora: dict[str, dict[str, Passage]] = {language: {} for language in sorted(data.sizes)}
    for document, passage in passages.items():
        corpora.setdefault(data.language(document), {})[named[document]] = passage
    # as they were loaded, since bootstrap draws depend on the order
    texts: dict[str, dict[str, str]] = {language: {} for language in sorted(set(map(data.language, queries)))}
    for query, text in queries.items():
        texts[data.language(query)][asked[query]] = text
    links = link_translations(
        {name: data.language(query) for query, name in asked.items()},
        {asked[query]: group for query, group in data.groups.items() if query in asked},
    )
    collection = MultilingualCollection(
        name=data.name or "data",
        corpora=corpora,
        queries=texts,
        qrels={
            asked[query]: {named[document]: int(grade) for document, grade in grades.items()}
            for query, grades in qrels.items()
        },
        passage_text=data.passage_text,
        group_of=links.group_of,
        notes=(*data.notes, *links.notes, *notes),
        linked_by=links.rule,
    )
    return ScriptCollection(data, named, asked, collection)


def _named(data: LoadedData, identifiers: Iterable[str], noun: str) -> dict[str, str]:
    """Name documents or queries so that they begin with their languages."""
    names = {}
    for identifier in identifiers:
        language = data.language(identifier)
        if not language:
            raise DataFormatError(
                f"The {noun} {identifier!r} of {data.name} has no language, and others have one.", _NO_LANGUAGE
            )
        names[identifier] = identifier if identifier.startswith(f"{language}:") else f"{language}:{identifier}"
    return names
