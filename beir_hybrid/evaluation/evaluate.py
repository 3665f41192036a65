"""Scoring one encoding of a collection in every setting."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.collection import MultilingualCollection, language_of
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding import Embeddings, encode
from beir_hybrid.evaluation.measures import Measure, build_measure
from beir_hybrid.evaluation.ranks import Ranks, SettingRanks, exact_ranks
from beir_hybrid.evaluation.results import Results, environment
from beir_hybrid.evaluation.settings import KINDS, Kind, Setting, all_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sentence_transformers import SentenceTransformer

__all__ = ["DEFAULT_MEASURES", "Scorer", "build_measures", "evaluate"]

DEFAULT_MEASURES: Mapping[Kind, tuple[str, ...]] = {
    "mono": ("map", "recall@1", "ndcg@10"),
    "cross": ("map", "recall@1", "ndcg@10"),
    "multi": ("map", "recall@10", "ndcg@10", "rank_distance"),
}
"""What is measured in each kind of setting unless asked otherwise; the paper's choice of recall."""


def evaluate(
    model: SentenceTransformer,
    collection: MultilingualCollection,
    *,
    measures: Sequence[str] | None = None,
    batch_size: int = 32,
    show_progress: bool = False,
    model_name: str = "",
) -> Results:
    """Encode a collection once and score it monolingually, cross-lingually and multilingually.

    Args:
        model: The encoder.
        collection: Queries, corpora and relevance.
        measures: Names such as ``map`` or ``ndcg@10``, for every kind of setting; None for
            :data:`DEFAULT_MEASURES`.
        batch_size: Texts per forward pass.
        show_progress: Whether to show progress bars.
        model_name: What the results call the model; empty for the name the model itself carries.

    Returns:
        Macro means over settings, and the measures of every setting.

    Raises:
        ModelError: If the model cannot score the collection.
        ConfigurationError: If no query has a relevant passage, or no measure applies.
    """
    seconds: dict[str, float] = {}
    chosen = build_measures(measures)
    with _timed(seconds, "encode"):
        embeddings = encode(model, collection, batch_size=batch_size, show_progress=show_progress)
    with _timed(seconds, "rank"):
        scorer = Scorer(collection, embeddings, show_progress=show_progress)
    with _timed(seconds, "measure"):
        measured = ((setting, scorer.measure(setting, chosen[setting.kind])) for setting in scorer.settings)
        by_setting = {setting: values for setting, values in measured if values}
    if not by_setting:
        raise ConfigurationError(
            f"{', '.join(measures or [])} compares languages, and {collection.name} has one corpus.",
            "Add a measure such as map.",
        )
    scores: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        of_kind = [values for setting, values in by_setting.items() if setting.kind == kind]
        if of_kind:
            names = [measure.name for measure in chosen[kind] if measure.name in of_kind[0]]
            scores[kind] = {name: float(np.mean([values[name].mean() for values in of_kind])) for name in names}
    return Results(
        dataset=collection.name,
        model=model_name or str(model.model_card_data.base_model or "unnamed"),
        passage_text=collection.passage_text,
        languages=collection.languages,
        scores=scores,
        settings={
            setting.name: {
                "queries": len(next(iter(values.values()))),
                **{name: float(value.mean()) for name, value in values.items()},
            }
            for setting, values in by_setting.items()
        },
        environment=environment(str(model.device), seconds),
    )


class Scorer:
    """The exact ranks of a collection's relevant passages, and the measures of any setting from them.

    Args:
        collection: Queries, corpora and relevance.
        embeddings: Its vectors.
        show_progress: Whether to show a progress bar.

    Raises:
        ConfigurationError: If no query has a relevant passage.
    """

    def __init__(
        self, collection: MultilingualCollection, embeddings: Embeddings, *, show_progress: bool = False
    ) -> None:
        self.languages = tuple(collection.corpora)
        self.sizes = {language: len(texts) for language, texts in collection.corpora.items()}
        self.queries = [query for texts in collection.queries.values() for query in texts]
        documents = [document for texts in collection.corpora.values() for document in texts]
        place = {document: number for number, document in enumerate(documents)}
        relevant = [
            (number, place[document], grade)
            for number, query in enumerate(self.queries)
            for document, grade in collection.qrels.get(query, {}).items()
            if grade > 0
        ]
        if not relevant:
            raise ConfigurationError(f"No query of {collection.name} has a relevant passage.", "Check its qrels.")
        query, passage, grade = np.array(relevant, np.int64).T
        self._query_language = np.array([language_of(query) for query in self.queries])
        self._passage_language = np.repeat(np.arange(len(self.languages)), list(self.sizes.values()))
        with _progress(len(self.queries), show_progress) as advance:
            self.ranks: Ranks = exact_ranks(
                np.concatenate(list(embeddings.queries.values())),
                list(embeddings.passages.values()),
                query,
                passage,
                grade,
                _order(documents),
                advance,
            )
        self.settings = [
            setting
            for setting in all_settings(tuple(collection.queries), self.languages)
            if self.setting(setting).queries
        ]

    def setting(self, setting: Setting) -> SettingRanks:
        """Give the ranks of one setting.

        Queries without a relevant passage in its corpora do not belong to it: nothing could be found for them.
        """
        columns = np.array([self.languages.index(language) for language in setting.corpus_languages])
        ranks = self.ranks
        asked = self._query_language[ranks.query] == setting.query_language
        rows = np.flatnonzero(asked & np.isin(self._passage_language[ranks.passage], columns))
        rank = 1 + ranks.above[np.ix_(rows, columns)].sum(axis=1, dtype=np.int64)
        tied = ranks.tied[np.ix_(rows, columns)].sum(axis=1) / 2 - ranks.tied_above[np.ix_(rows, columns)].sum(axis=1)
        order = np.lexsort((rank, ranks.query[rows]))
        _, query = np.unique(ranks.query[rows][order], return_inverse=True)
        return SettingRanks(
            query=query.reshape(-1).astype(np.int64),
            rank=rank[order],
            mid_rank=(rank + tied)[order],
            grade=ranks.grade[rows][order],
            queries=int(query.max()) + 1 if len(query) else 0,
            passages=sum(self.sizes[language] for language in setting.corpus_languages),
        )

    def measure(self, setting: Setting, measures: Sequence[Measure]) -> dict[str, npt.NDArray[np.float64]]:
        """Measure every query of a setting.

        Args:
            setting: The setting.
            measures: What to measure; measures that compare languages are left out where there is only one.

        Returns:
            Shape (queries,) by the measure's name.
        """
        ranks = self.setting(setting)
        return {
            measure.name: measure.values(ranks)
            for measure in measures
            if setting.kind == "multi" or not measure.needs_languages
        }


def build_measures(names: Sequence[str] | None) -> dict[Kind, list[Measure]]:
    """Build the measures of each kind of setting.

    Args:
        names: The same for every kind; None for :data:`DEFAULT_MEASURES`.

    Raises:
        UnknownNameError: If there is no such measure.
        ConfigurationError: If a cut-off does not fit.
    """
    return {kind: [build_measure(name) for name in names or DEFAULT_MEASURES[kind]] for kind in KINDS}


def _order(documents: list[str]) -> npt.NDArray[np.int64]:
    """Place of each document id in ascending order; by code point, which is the order of UTF-8 bytes too."""
    order = np.empty(len(documents), np.int64)
    order[sorted(range(len(documents)), key=documents.__getitem__)] = np.arange(len(documents))
    return order


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)


@contextmanager
def _progress(total: int, show: bool) -> Iterator[Callable[[int], Any]]:
    from tqdm import tqdm

    with tqdm(total=total, desc="Ranking", unit="query", disable=not show) as bar:
        yield bar.update
