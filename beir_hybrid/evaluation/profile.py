"""Profile: what an embedder does with languages, in the few numbers that decide about a search over mixed ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.results import Results

DEPTH = 10
"""How many passages on top of a ranking a profile looks at."""

PROFILE_MEASURES = (
    "map",
    f"tlr@{DEPTH}",
    f"same_language_recall@{DEPTH}",
    f"same_language_share@{DEPTH}",
    "lpr",
    "right_own_language",
    "right_other_language",
    "wrong_own_language",
    "wrong_other_language",
    f"language_recall@{DEPTH}",
    f"language_share@{DEPTH}",
)
"""What a profile measures in the pool of all languages."""


@dataclass(frozen=True)
class Debiased:
    """What is found once the language is taken out of the vectors.

    Attributes:
        method: How, as ``--debias`` takes it; empty for the vectors as they are.
        own: Share of the answers in the query's language among the first passages.
        other: Share of those in other languages.
        map: mAP in the pool of all languages.
    """

    method: str
    own: float | None
    other: float | None
    map: float


@dataclass(frozen=True)
class Profile:
    """What an embedder does with languages in the pool of all; means over query languages, None where undefined.

    Attributes:
        depth: How many passages on top of a ranking are looked at.
        own: Share of the answers in the query's language among them.
        other: Share of the answers in other languages among them.
        first: How often the first of a query's answers is the one in its own language, of those with a choice.
        evenly: How often it would be if every answer were first as often as each other.
        own_share: Share of the query's language among the passages on top.
        pool_share: Its share of the pool.
        attracts: By language, how many of the passages in other languages than the query's are in this one, as a
            multiple of its share of these languages' passages: 1 for neither more nor fewer.
        finds: By language, the share of its answers that queries in other languages find.
        alignment: As :class:`~.vector_diagnostics.VectorDiagnostics` has it, likewise the next two.
        uniformity: By language.
        probe: By language.
        debiased: The vectors as they are, and then what methods of debiasing bring.
        notes: What a reader must know besides.
    """

    depth: int
    own: float | None
    other: float | None
    first: float | None
    evenly: float | None
    own_share: float | None
    pool_share: float
    attracts: Mapping[str, float]
    finds: Mapping[str, float]
    alignment: Mapping[str, float] = field(default_factory=dict)
    uniformity: Mapping[str, float] = field(default_factory=dict)
    probe: Mapping[str, float] = field(default_factory=dict)
    debiased: tuple[Debiased, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def preference(self) -> float | None:
        """How far the query's language is preferred: 0 for not at all, 1 for always, below 0 for other languages."""
        if self.first is None or self.evenly is None:
            return None
        return (self.first - self.evenly) / (1 - self.evenly)


def profile_of(results: Results, judgements: Judgements) -> Profile:
    """Read a profile off the results of :data:`PROFILE_MEASURES`, some of which are in the pool of all languages."""
    scores = results.scores["multi"]
    pools = {at.query_language: results.settings[name] for name, at in results.parsed_settings().items() if at.pool}
    sizes, total = results.passages, sum(results.passages.values())
    return Profile(
        DEPTH,
        scores.get(f"same_language_recall@{DEPTH}"),
        scores.get(f"tlr@{DEPTH}"),
        scores.get("lpr"),
        _evenly(judgements),
        scores.get(f"same_language_share@{DEPTH}"),
        fmean(sizes.get(language, 0) / total for language in pools),
        {code: value for code in sizes if (value := _attraction(code, pools, sizes)) is not None},
        {code: value for code in sizes if (value := _found_from_others(code, pools)) is not None},
    )


def debiased_of(method: str, results: Results) -> Debiased:
    """Read what is found off results; the method is empty for vectors as they are."""
    scores = results.scores["multi"]
    return Debiased(method, scores.get(f"same_language_recall@{DEPTH}"), scores.get(f"tlr@{DEPTH}"), scores["map"])


def _attraction(code: str, pools: Mapping[str, Mapping[str, float]], sizes: Mapping[str, int]) -> float | None:
    """Average over the queries' other languages the share of a language's passages, over its share of the pool."""
    multiples = []
    for query_language, values in pools.items():
        shares = {other: values.get(f"language_share[{other}]@{DEPTH}", 0.0) for other in sizes}
        foreign = sum(share for other, share in shares.items() if other != query_language)
        rest = sum(size for other, size in sizes.items() if other != query_language)
        if query_language != code and foreign and sizes[code]:
            multiples.append(shares[code] / foreign / (sizes[code] / rest))
    return fmean(multiples) if multiples else None


def _found_from_others(code: str, pools: Mapping[str, Mapping[str, float]]) -> float | None:
    name = f"language_recall[{code}]@{DEPTH}"
    values = [values[name] for language, values in pools.items() if language != code and name in values]
    return fmean(values) if values else None


def _evenly(judgements: Judgements) -> float | None:
    """Average over query languages the share of own answers, of queries that have answers in others too."""
    languages = np.array(judgements.languages)
    own = languages[judgements.language(judgements.passage)] == judgements.query_language[judgements.query]
    mine = np.bincount(judgements.query, weights=own, minlength=len(judgements.queries))
    every = np.bincount(judgements.query, minlength=len(judgements.queries))
    choice = (mine > 0) & (mine < every)
    shares, asked = mine[choice] / every[choice], judgements.query_language[choice]
    return fmean(float(shares[asked == language].mean()) for language in np.unique(asked)) if choice.any() else None
