"""Fixtures of the measures' tests: rankings by hand, and rankings of a run by the book."""

from __future__ import annotations

import numpy as np
import pytest

from beir_hybrid.evaluation.rankings import Rankings, Top, Translation


@pytest.fixture
def ranks_of():
    """Build rankings from one list per query of (rank, grade, language), best rank first.

    Grade and language may be left out; they are 1 and 0 then.
    """

    def build(*queries, passages=100, retrieved=None, languages=("en",)):
        rows = [
            (
                number,
                *(hit if isinstance(hit, tuple) else (hit,)),
                *(1, 0)[len(hit) - 1 if isinstance(hit, tuple) else 0 :],
            )
            for number, hits in enumerate(queries)
            for hit in hits
        ]
        query, rank, grade, language = zip(*rows, strict=True)
        return Rankings(
            query=np.array(query, np.int64),
            rank=np.array(rank, np.float64),
            mid_rank=np.array(rank, np.float64),
            grade=np.array(grade, np.int64),
            language=np.array(language, np.int64),
            languages=languages,
            sizes=np.array([passages] + [0] * (len(languages) - 1)),
            query_language="en",
            queries=len(queries),
            retrieved=np.full(len(queries), passages if retrieved is None else retrieved),
        )

    return build


@pytest.fixture
def top_of():
    """Build rankings from the languages on top, one text per query such as ``"en en de"``.

    A word may have a grade, as in ``de:1``. Sizes are those of the pool, by language. The one relevant passage that
    every query must have is not retrieved, unless words with grades say otherwise.
    """

    def build(*tops, sizes, depth=None, query_language="en"):
        languages = tuple(sizes)
        hits = [[word.partition(":")[::2] for word in text.split()] for text in tops]
        width = depth or max(len(row) for row in hits)
        passages, of_language, grades = (np.full((len(tops), width), fill, np.int64) for fill in (-1, -1, 0))
        rows = []
        for number, row in enumerate(hits):
            for place, (language, grade) in enumerate(row):
                passages[number, place] = 1000 * number + place
                of_language[number, place] = languages.index(language)
                grades[number, place] = int(grade or 0)
                if grade:
                    rows.append((number, place + 1, int(grade), languages.index(language)))
            if not any(grade for _, grade in row):
                rows.append((number, np.inf, 1, 0))
        query, rank, grade, language = (np.array(column) for column in zip(*rows, strict=True))
        return Rankings(
            query=query,
            rank=rank.astype(np.float64),
            mid_rank=rank.astype(np.float64),
            grade=grade,
            language=language,
            languages=languages,
            sizes=np.array(list(sizes.values())),
            query_language=query_language,
            queries=len(tops),
            retrieved=np.array([len(row) for row in hits]),
            top=Top(passages, of_language, grades),
        )

    return build


@pytest.fixture
def run_rankings():
    """Rank the queries of one language in a run, by sorting Python lists as trec_eval does."""
    return _run_rankings


def _run_rankings(run, qrels, query_language, sizes=None, depth=100):
    documents = sorted({document for lists in (run, qrels) for found in lists.values() for document in found})
    number = {document: place for place, document in enumerate(documents)}
    languages = tuple(sizes or sorted({document.split(":")[0] for document in documents}))
    counted = {code: sum(document.startswith(f"{code}:") for document in documents) for code in languages}

    def ranked(query):
        scores = {document: np.float32(score) for document, score in run.get(query, {}).items()}
        return sorted(scores, key=lambda document: (scores[document], document), reverse=True)

    def padded(query):
        found = [number[document] for document in ranked(query)[:depth]]
        return found + [-1] * (depth - len(found))

    queries = [
        query for query in qrels if query.startswith(f"{query_language}:") and any(g > 0 for g in qrels[query].values())
    ]
    rows = []
    for place, query in enumerate(queries):
        order = ranked(query)
        scores = [np.float32(run[query][document]) for document in order]
        for document, grade in qrels[query].items():
            if grade > 0:
                rank = mid = np.inf
                if document in order:
                    rank, score = order.index(document) + 1, np.float32(run[query][document])
                    mid = scores.index(score) + (scores.count(score) + 1) / 2
                rows.append((place, rank, mid, grade, languages.index(document.split(":")[0])))
    query, rank, mid, grade, language = zip(*sorted(rows), strict=True)
    passage = np.array([padded(query) for query in queries])
    name = [[documents[n] if n >= 0 else None for n in row] for row in passage]

    def scored(asked, passages):
        found = [
            [run.get(query, {}).get(documents[n], -np.inf) for n in row]
            for query, row in zip(asked, passages, strict=True)
        ]
        return np.where(passages < 0, -np.inf, np.float32(np.array(found).reshape(passages.shape)))

    def translations():
        for other in sorted({query.split(":")[0] for query in run} - {query_language}):
            having = [n for n, query in enumerate(queries) if f"{other}:{query.split(':')[1]}" in run]
            own = [queries[n] for n in having]
            theirs = [f"{other}:{query.split(':')[1]}" for query in own]
            yield Translation(
                np.array(having, np.int64),
                np.array([padded(query) for query in theirs]).reshape(-1, depth),
                lambda passages, own=own, theirs=theirs: (scored(own, passages), scored(theirs, passages)),
            )

    rankings = Rankings(
        query=np.array(query),
        rank=np.array(rank, np.float64),
        mid_rank=np.array(mid, np.float64),
        grade=np.array(grade),
        language=np.array(language),
        languages=languages,
        sizes=np.array(list((sizes or counted).values())),
        query_language=query_language,
        queries=len(queries),
        retrieved=np.array([len(run.get(query, {})) for query in queries]),
        top=Top(
            passage,
            np.array([[languages.index(d.split(":")[0]) if d else -1 for d in row] for row in name]),
            np.array([[max(0, qrels[q].get(d, 0)) for d in row] for q, row in zip(queries, name, strict=True)]),
        ),
        translations=translations,
    )
    return queries, rankings
