"""RunFinder: candidates that any system retrieved, such as BM25."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.run_files import read_runs
from beir_hybrid.evaluation.runs import Run
from beir_hybrid.mining.candidates import Candidates
from beir_hybrid.mining.options import BALANCED, PASSAGE, SAME
from beir_hybrid.mining.pool import MiningPool
from beir_hybrid.mining.rules import places_in


def judged(pool: MiningPool) -> MultilingualCollection:
    """Return the collection of a pool in memory, with judgements: the passages of a question's group are relevant.

    Args:
        pool: What is mined in; a run's queries and documents have its collection's ids.
    """
    codes = np.array(pool.languages)
    starts, passages = pool.group_passages
    documents = [f"{codes[language]}:{number - pool.starts[language]}" for number, language in _numbered(pool)]
    qrels = {}
    for code, pairs in pool.pairs_of.items():
        for number, group in enumerate(pool.group[pairs].tolist()):
            answering = passages[starts[group] : starts[group + 1]].tolist()
            qrels[f"{code}:{number}"] = {documents[passage]: 1 for passage in answering}
    lazy = pool.collection
    return replace(
        lazy,
        corpora={code: dict(texts.items()) for code, texts in lazy.corpora.items()},
        queries={code: dict(texts.items()) for code, texts in lazy.queries.items()},
        qrels=qrels,
    )


def _numbered(pool: MiningPool) -> list[tuple[int, int]]:
    numbers = np.arange(pool.starts[-1])
    return list(zip(numbers.tolist(), pool.language_of(numbers).tolist(), strict=True))


class RunFinder:
    """Looks candidates up in a TREC run, or a folder of runs; see :class:`~.candidates.Finder`.

    A positive that was not retrieved has no score.

    Args:
        pool: What was searched.
        path: The run or runs.
    """

    def __init__(self, pool: MiningPool, path: Path) -> None:
        self.pool = pool
        judgements = Judgements(judged(pool))
        runs = list(read_runs(path, judgements).values())
        query = np.concatenate([run.query for run in runs])
        passage = np.concatenate([run.passage for run in runs])
        score = np.concatenate([run.score for run in runs])
        order = np.lexsort((-score, passage, query))  # of several runs that found it, the highest score counts
        new = np.r_[True, (np.diff(query[order]) != 0) | (np.diff(passage[order]) != 0)][: len(order)]
        kept = order[new]
        codes = [code for code in pool.languages if len(pool.pairs_of[code])]
        numbers = np.concatenate([pool.pairs_of[code] for code in codes])  # of the pairs, by query
        languages = [pool.languages.index(code) for code in judgements.languages]
        shift = pool.starts[:-1][languages] - (np.cumsum(judgements.sizes) - judgements.sizes)
        place = np.searchsorted(np.cumsum(judgements.sizes), passage[kept], side="right")
        self._run = Run(numbers[query[kept]], passage[kept] + shift[place], score[kept], _plain)

    def scores(self, pairs: Ints, place: Ints, passage: Ints) -> Floats32:
        """Look up scores of passages for pairs; see :meth:`~.candidates.Finder.scores`."""
        rows = self._run.find(pairs[place], passage)
        return np.append(self._run.score, np.float32(np.nan))[rows]

    def find(self, pairs: Ints, ceiling: Floats32, policy: str, depth: int) -> Candidates:
        """Look up what was retrieved; see :meth:`~.candidates.Finder.find`."""
        pool, run = self.pool, self._run
        low, high = (np.searchsorted(run.query, pairs, side) for side in ("left", "right"))
        place = np.repeat(np.arange(len(pairs)), high - low)
        row = low[place] + places_in(place)
        passage, score, pair = run.passage[row], run.score[row], pairs[place]
        language = pool.language_of(passage)
        allowed = (pool.answer[passage] != pool.question_answer[pair]) & (score <= ceiling[place])
        if policy in (SAME, PASSAGE):
            allowed &= language == (pool.question_language if policy == SAME else pool.passage_language)[pair]
        kept = np.flatnonzero(allowed)
        group = place[kept] * len(pool.languages) + language[kept] if policy == BALANCED else place[kept]
        order = np.lexsort((passage[kept], -score[kept], group))
        kept = kept[order][places_in(group[order]) < depth]
        kept = kept[np.lexsort((passage[kept], -score[kept], place[kept]))]
        return Candidates(place[kept], passage[kept], score[kept])


def _plain(passages: Ints) -> list[str]:
    return [f"{number:013d}" for number in passages.tolist()]
