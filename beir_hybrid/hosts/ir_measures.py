"""Measures of language bias for users of ir_measures.

Importing this module teaches ir_measures the names below, wherever it parses or computes measures::

    import ir_measures
    import beir_hybrid.hosts.ir_measures

    measures = [ir_measures.parse_measure(name) for name in ("RankDistance@100", "LanguageShare(language='de')@10")]
    ir_measures.calc_aggregate(measures, qrels, run)

Ids of queries and documents begin with their language, as in ``en:17_3``, and the translations of a query share what
follows it. Queries and values are those of :mod:`beir_hybrid.evaluation.measures`; a query for which a measure has no
value is NaN, as is one without a relevant document, and the mean is over the others. A query without a result is
ranked with an empty list. Scores are finite numbers, compared as float32, and ties fall as in trec_eval.

A run does not tell which languages were searched, nor how many documents they have. The languages are taken to be those
of the documents in the run and in the judgements, and their sizes the numbers of different documents there. Only
``NDKL`` depends on the sizes: give it the true ones, as in ``NDKL(sizes={'de': 1276, 'en': 1180})@10``.
"""

# mypy: allow-untyped-calls
# ir_measures annotates its functions in part

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.errors import ConfigurationError, PluginError
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.measures import Measure as OurMeasure
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.observed import observed_collection
from beir_hybrid.evaluation.runs import run_of_results, split_run
from beir_hybrid.evaluation.scorer import RunScorer
from beir_hybrid.evaluation.settings import Setting
from beir_hybrid.registry import MEASURES

try:
    import ir_measures
    from ir_measures import providers
    from ir_measures.measures import Measure, ParamInfo, register, registry
except ModuleNotFoundError as error:
    raise PluginError(f"{__name__} needs {error.name}.", "Install it: pip install ir-measures") from error

__all__ = ["MRC", "NDKL", "LanguagePEER", "LanguageShare", "OneTargetMAP", "RankDistance", "SameLanguageShare"]


class MeanOfDefined(ir_measures.MeanAgg):
    """Mean of the values that are not NaN; NaN if none is."""

    def add(self, value: float) -> None:
        """Take one query's value."""
        if not np.isnan(value):
            super().add(value)


class LanguageMeasure(Measure):
    """A measure of this package, under ir_measures' conventions.

    Attributes:
        ours: The name that this package has it under.
    """

    DEFAULT = float("nan")
    ours: str

    def build(self) -> OurMeasure:
        """Build this package's measure.

        Raises:
            ConfigurationError: If the cut-off is not positive.
        """
        language = f"[{self.params['language']}]" if "language" in self.params else ""
        cutoff = f"@{self.params['cutoff']}" if "cutoff" in self.params else ""
        return build_measure(f"{self.ours}{language}{cutoff}")

    def aggregator(self) -> MeanOfDefined:
        """Average the queries that have a value."""
        return MeanOfDefined()


def _define(name: str, ours_name: str, **more: ParamInfo) -> LanguageMeasure:
    """Teach ir_measures one measure; its parameters are those that this package's measure takes."""
    if name in registry:
        raise PluginError(
            f"ir_measures knows a measure {name!r} already, of {type(registry[name]).__module__}.",
            "Import only one of the two.",
        )
    factory = MEASURES.get(ours_name)
    taken = inspect.signature(factory).parameters
    parameters = dict(more)
    if "cutoff" in taken:
        needed = taken["cutoff"].default is inspect.Parameter.empty
        parameters["cutoff"] = ParamInfo(dtype=int, required=needed, desc="ranking cutoff threshold")
    if "language" in taken:
        parameters["language"] = ParamInfo(dtype=str, required=True, desc="language code")
    namespace = {
        "__doc__": inspect.getdoc(factory),
        "__module__": __name__,
        "__name__": name,
        "NAME": name,
        "SUPPORTED_PARAMS": parameters,
        "ours": ours_name,
    }
    measure: LanguageMeasure = type(f"_{name}", (LanguageMeasure,), namespace)()
    register(measure)
    return measure


RankDistance = _define("RankDistance", "rank_distance")
LanguageShare = _define("LanguageShare", "language_share")
SameLanguageShare = _define("SameLanguageShare", "same_language_share")
NDKL = _define("NDKL", "ndkl", sizes=ParamInfo(dtype=dict, desc="documents in the pool by language"))
MRC = _define("MRC", "mrc")
LanguagePEER = _define("LanguagePEER", "peer")  # PEER itself is the name that peer_measure takes
OneTargetMAP = _define("OneTargetMAP", "one_target_map")


class LanguageProvider(providers.Provider):
    """Computes the measures of this module for ir_measures."""

    NAME = "beir_hybrid"
    SUPPORTED_MEASURES = [  # noqa: RUF012, declared so by ir_measures
        measure(**{parameter: providers.base.Any() for parameter in measure.SUPPORTED_PARAMS})
        for measure in (RankDistance, LanguageShare, SameLanguageShare, NDKL, MRC, LanguagePEER, OneTargetMAP)
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
        """Give the values of the queries that have a relevant document; ir_measures fills in the others."""
        results = ir_measures.util.RunConverter(run).as_dict_of_dict()
        named = {measure.params["language"] for measure, _ in self.built if "language" in measure.params}
        named |= {language for measure, _ in self.built for language in measure.params.get("sizes", {})}
        collection = observed_collection("the run", self.qrels, results, named)
        if not any(grade > 0 for judged in self.qrels.values() for grade in judged.values()):
            return
        judgements = Judgements(collection)
        pool = [Setting(language, judgements.languages, pool=True) for language in collection.queries]
        scorer = RunScorer(judgements, split_run(run_of_results(results, judgements), judgements, pool))
        sizes = [_sizes(judgements, measure.params.get("sizes")) for measure, _ in self.built]
        depth = max((built.depth for _, built in self.built), default=0)
        for setting in scorer.settings:
            rankings = scorer.rankings(setting, depth)
            queries = [judgements.queries[number] for number in scorer.queries(setting)]
            for (measure, built), of_measure in zip(self.built, sizes, strict=True):
                values = built.values(replace(rankings, sizes=of_measure))
                for query, value in zip(queries, values.tolist(), strict=True):
                    yield ir_measures.Metric(query_id=query, measure=measure, value=value)


def _sizes(judgements: Judgements, given: Mapping[str, int] | None) -> npt.NDArray[np.int64]:
    """Give the languages' sizes: those given, or else the numbers of documents seen.

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


_provider = LanguageProvider()
providers.register(_provider)
ir_measures.DefaultPipeline.providers.append(_provider)
