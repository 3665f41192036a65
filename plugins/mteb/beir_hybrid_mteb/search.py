"""EncodedSearch: a model's search of all subsets of a task, from one encoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mteb.models import ModelMeta

from beir_hybrid import evaluate
from beir_hybrid.evaluation import EncodingOptions, encode, open_cache
from beir_hybrid.evaluation.search import Pool, exact_search
from beir_hybrid_mteb.encoder import TaskEncoder
from beir_hybrid_mteb.subsets import Subsets

MEASURES = ("default", "bias")
"""What is measured besides MTEB's own scores."""


class EncodedSearch:
    """What MTEB calls a search model, in front of an encoder: all texts of a task are encoded when it is made.

    Args:
        encoder: The encoder.
        subsets: The task's.
        show_progress: Whether to show progress bars.

    Attributes:
        mteb_model_meta: The model's.
    """

    def __init__(self, encoder: TaskEncoder, subsets: Subsets, *, show_progress: bool) -> None:
        self.mteb_model_meta: ModelMeta = encoder.meta
        self._judgements, self._settings = subsets.judgements, subsets.settings
        self._means: dict[str, Mapping[str, float]] = {}
        cache = open_cache() if encoder.is_plain else None
        options = EncodingOptions(batch_size=encoder.batch_size, cache=cache)
        self._vectors = encode(encoder, self._judgements.collection, options, show_progress=show_progress)

    def index(self, corpus: object, **_: Any) -> None:
        """Encode a corpus: it is already."""

    def search(self, queries: Any, *, hf_subset: str, top_k: int, **_: Any) -> dict[str, dict[str, float]]:
        """Find the first passages of a subset.

        Args:
            queries: Those to search for.
            hf_subset: The subset.
            top_k: How many to find.

        Returns:
            Scores by query id and document id.
        """
        setting, judged = self._settings[hf_subset], self._judgements
        pool = Pool(judged, setting)
        wanted = np.array([judged.query_numbers[query] for query in queries["id"]], np.int64)
        first = int(np.flatnonzero(judged.query_language == setting.query_language)[0])
        vectors = self._vectors.queries[setting.query_language][:][wanted - first]
        passages = [self._vectors.passages[language] for language in pool.corpora]
        hits = exact_search(vectors, passages, top_k, pool.identifiers)
        documents = iter(pool.identifiers(hits.passage.reshape(-1)))
        width = hits.passage.shape[1]
        return {
            query: dict(zip((next(documents) for _ in range(width)), scores, strict=True))
            for query, scores in zip(queries["id"], hits.score.tolist(), strict=True)
        }

    def means(self, subset: str, subsets: Sequence[str]) -> Mapping[str, float]:
        """Measure a subset in whole rankings; see :func:`beir_hybrid.evaluate`.

        Args:
            subset: The subset.
            subsets: Those that will be asked for, which are measured together.

        Returns:
            Means by measure.
        """
        if subset not in self._means:
            chosen = [self._settings[name] for name in dict.fromkeys([subset, *subsets]) if name in self._settings]
            results = evaluate(self._vectors, self._judgements, settings=chosen, measures=MEASURES, intervals=False)
            self._means |= results.settings
        return self._means[subset]
