"""Diagnostics of vectors without queries: are languages aligned, how far do they spread, how easily are they told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.search.scores import gather

_ROWS = 4096  # vectors read at a time
_SPREAD = 1000  # passages of a language between which distances are taken


@dataclass(frozen=True)
class VectorDiagnostics:
    """What passages' vectors, brought to length 1, tell of languages; by language, without those that have no value.

    Attributes:
        alignment: Mean squared distance between a relevant passage in the language and the same question's in each
            other; 0 where translations have one vector. Range [0, 4].
        uniformity: Logarithm of the mean of ``exp(-2 d^2)`` over the distances d between two passages of the language,
            of 1,000 of them at most; the lower, the more of the sphere is used. Range [-8, 0].
        probe: Share of the language's passages that are nearest to the mean of their own language, the means being
            those of the other half of the passages. Where vectors hold nothing of the language, it is one over the
            number of languages. Range [0, 1].

    Alignment and uniformity are those of Wang and Isola, ICML 2020, arXiv:2005.10242, with their exponents 2 and -2.
    """

    alignment: Mapping[str, float]
    uniformity: Mapping[str, float]
    probe: Mapping[str, float]


def diagnose_vectors(embeddings: Embeddings, judgements: Judgements) -> VectorDiagnostics:
    """Compute what passages' vectors tell of languages, some thousand vectors at a time.

    Args:
        embeddings: The vectors, in memory or on disk.
        judgements: The collection; which passages are translations follows from what is relevant for a question.

    Raises:
        ConfigurationError: If the vectors are sparse.

    Examples:
        >>> from beir_hybrid import load_dataset
        >>> sample = load_dataset("sample", languages=["de", "en"])
        >>> sizes = {code: len(texts) for code, texts in sample.corpora.items()}
        >>> apart = {"de": np.eye(1, 2).repeat(sizes["de"], axis=0), "en": np.eye(1, 2, 1).repeat(sizes["en"], axis=0)}
        >>> found = diagnose_vectors(Embeddings({}, apart), Judgements(sample))
        >>> found.alignment, found.uniformity["en"], found.probe["en"]
        ({'de': 2.0, 'en': 2.0}, 0.0, 1.0)
    """
    passages = {language: embeddings.passages[language] for language in judgements.languages}
    if any(isinstance(rows, SparseRows) for rows in passages.values()):
        raise ConfigurationError("Diagnostics are of dense vectors, and these are sparse.", "Leave them out.")
    return VectorDiagnostics(
        _alignment(passages, judgements),
        {language: _uniformity(rows) for language, rows in passages.items() if len(rows) > 1},
        _probe({language: rows for language, rows in passages.items() if len(rows) > 1}),
    )


def _alignment(passages: Mapping[str, Any], judgements: Judgements) -> dict[str, float]:
    # of unit vectors, squared distances over all pairs of two groups follow from the groups' sums and sizes
    pairs = np.unique(np.stack([judgements.group[judgements.query], judgements.passage], axis=1), axis=0)
    total, count = np.zeros((2, len(passages)))
    questions = np.unique(pairs[:, 0])
    for start in range(0, len(questions), _ROWS // len(passages) + 1):
        chosen = questions[start : start + _ROWS // len(passages) + 1]
        group, passage = pairs[np.isin(pairs[:, 0], chosen)].T
        vectors, place = gather(list(passages.values()), passage)
        cell = np.searchsorted(chosen, group), judgements.language(passage)
        sums = np.zeros((len(chosen), len(passages), vectors.shape[1]))
        np.add.at(sums, cell, _unit(vectors)[place])
        sizes = np.zeros(sums.shape[:2])
        np.add.at(sizes, cell, 1.0)
        others, other_sums = sizes.sum(axis=1, keepdims=True) - sizes, sums.sum(axis=1, keepdims=True) - sums
        count += (sizes * others).sum(axis=0)
        total += (2 * sizes * others - 2 * (sums * other_sums).sum(axis=2)).sum(axis=0)
    return {language: float(total[at] / count[at]) for at, language in enumerate(passages) if count[at]}


def _uniformity(rows: Any) -> float:
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _SPREAD)).astype(np.int64))
    vectors = _unit(rows[chosen])
    first, second = np.triu_indices(len(vectors), 1)
    return float(np.log(np.mean(np.exp(-2 * (2 - 2 * (vectors @ vectors.T)[first, second])))))


def _probe(passages: Mapping[str, Any]) -> dict[str, float]:
    """Classify each passage by the means of those passages that have the other parity."""
    if len(passages) < 2:
        return {}
    means = np.stack([_mean(rows, parity) for parity in (1, 0) for rows in passages.values()])
    means = means.reshape(2, len(passages), -1)
    right = {}
    for at, (language, rows) in enumerate(passages.items()):
        hits = 0
        for start in range(0, len(rows), _ROWS):
            vectors = _unit(rows[start : start + _ROWS])
            for parity in (0, 1):
                hits += int((_nearest(vectors[(parity - start) % 2 :: 2], means[parity]) == at).sum())
        right[language] = hits / len(rows)
    return right


def _mean(rows: Any, parity: int) -> Floats:
    parts = (_unit(rows[start : start + _ROWS])[(parity - start) % 2 :: 2] for start in range(0, len(rows), _ROWS))
    total: Floats = np.add.reduce([part.sum(axis=0) for part in parts])
    return total / len(range(parity, len(rows), 2))


def _nearest(vectors: Floats, means: Floats) -> Ints:
    return np.argmin((means**2).sum(axis=1) - 2 * vectors @ means.T, axis=1)


def _unit(rows: Any) -> Floats:
    vectors = np.asarray(rows, np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
