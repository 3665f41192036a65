"""Provider: computes this package's measures for ir_measures."""

# mypy: allow-untyped-calls
# ir_measures annotates its functions in part

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import ir_measures
import numpy as np
from ir_measures import providers
from ir_measures.measures import Measure, registry

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import ConfigurationError, PluginError
from beir_hybrid.evaluation.judgements import Judgements, observed_collection
from beir_hybrid.evaluation.measures.check import measure_queries
from beir_hybrid.evaluation.runs import run_of_results, split_run
from beir_hybrid.evaluation.scorer import Scorer
from beir_hybrid.evaluation.search.run_searcher import RunSearcher
from beir_hybrid.hosts.ir_measures.measures import ALL, LanguageMeasure
from beir_hybrid.hosts.kit.registries import add_entry, add_item
from beir_hybrid.settings import Setting


def add_measures(module: ModuleType) -> list[Callable[[], None]]:
    """Add every measure, and the provider that computes them, to ir_measures.

    Args:
        module: ir_measures.

    Returns:
        What removes each of them again.

    Raises:
        PluginError: If it has another measure or provider of such a name.
    """
    provider = LanguageProvider()
    undo: list[Callable[[], None]] = []
    try:
        undo.extend(add_entry(registry, measure.NAME, measure) for measure in ALL)  # keeps those before one that fails
        undo.append(add_entry(providers.registry, provider.NAME, provider))
    except PluginError:
        for remove in undo:
            remove()
        raise
    return [*undo, add_item(module.DefaultPipeline.providers, provider)]


class LanguageProvider(providers.Provider):
    """Computes the measures of this module for ir_measures."""

    NAME = "beir_hybrid"
    SUPPORTED_MEASURES = [  # noqa: RUF012, declared so by ir_measures
        measure(**{parameter: providers.base.Any() for parameter in measure.SUPPORTED_PARAMS}) for measure in ALL
    ]

    def _evaluator(self, measures: Iterable[Measure], qrels: Any) -> LanguageEvaluator:
        return LanguageEvaluator(measures, ir_measures.util.QrelsConverter(qrels).as_dict_of_dict())


class LanguageEvaluator(providers.Evaluator):
    """Computes some measures for some judgements.

    Args:
        measures: Measures of this module.
        qrels: Grades by query id and document id.
    """

    def __init__(self, measures: Iterable[Measure], qrels: Mapping[str, Mapping[str, int]]) -> None:
        chosen = list(measures)
        super().__init__(chosen, set(qrels))
        self.qrels = qrels
        self.built = [(measure, measure.build()) for measure in chosen if isinstance(measure, LanguageMeasure)]

    def _iter_calc(self, run: Any) -> Iterator[ir_measures.Metric]:
        """Return the values of the queries that have a relevant document; ir_measures fills in the others."""
        results = ir_measures.util.RunConverter(run).as_dict_of_dict()
        named = {measure.params["language"] for measure, _ in self.built if "language" in measure.params}
        named |= {language for measure, _ in self.built for language in measure.params.get("sizes", {})}
        collection = observed_collection("the run", self.qrels, results, named)
        if not any(grade > 0 for judged in self.qrels.values() for grade in judged.values()):
            return
        judgements = Judgements(collection)
        pool = [Setting(language, judgements.languages, pool=True) for language in collection.queries]
        runs = split_run(run_of_results(results, judgements), judgements, pool)
        scorer = Scorer(RunSearcher(judgements, runs))
        sizes = [_sizes(judgements, measure.params.get("sizes")) for measure, _ in self.built]
        depth = max((built.depth for _, built in self.built), default=0)
        for setting in scorer.settings:
            rankings = scorer.rankings(setting, depth)
            queries = [judgements.queries[number] for number in scorer.queries(setting)]
            for (measure, built), of_measure in zip(self.built, sizes, strict=True):
                values = measure_queries(built, replace(rankings, sizes=of_measure))
                for query, value in zip(queries, values.tolist(), strict=True):
                    yield ir_measures.Metric(query_id=query, measure=measure, value=value)


def _sizes(judgements: Judgements, given: Mapping[str, int] | None) -> Ints:
    """Return the languages' sizes: those given, or else the numbers of documents seen.

    Raises:
        ConfigurationError: If more documents were seen than the sizes allow.
    """
    if given is None:
        return judgements.sizes
    sizes = np.array([given.get(language, 0) for language in judgements.languages], np.int64)
    for number in np.flatnonzero(sizes < judgements.sizes):
        raise ConfigurationError(
            f"The run and the judgements name {judgements.sizes[number]} documents in "
            f"{judgements.languages[number]!r}, and the sizes given say {sizes[number]}.",
            "Give the number of documents of every language searched.",
        )
    return sizes
