"""Measures of language bias for users of ir_measures.

Importing this module teaches ir_measures the names below, wherever it parses or computes measures::

    import ir_measures
    import beir_hybrid.hosts.ir_measures

    measures = [ir_measures.parse_measure(name) for name in ("RankDistance@100", "LanguageShare(language='de')@10")]
    ir_measures.calc_aggregate(measures, qrels, run)

Ids of queries and documents begin with their language, as in ``en:17_3``, and the translations of a query share what
follows it. Queries and values are those of :mod:`beir_hybrid.evaluation.measures`; a query for which a measure has no
value is NaN, as is one without a relevant document, and the mean is over the others. A query without a result is
ranked with an empty list. Scores are compared as float32 and ties fall as in trec_eval.

A run does not tell which languages were searched, nor how many documents they have. The languages are taken to be those
of the documents in the run and in the judgements, and their sizes the numbers of different documents there. Only
``NDKL`` depends on the sizes: give it the true ones, as in ``NDKL(sizes={'de': 1276, 'en': 1180})@10``.
"""

# mypy: allow-untyped-calls
# ir_measures annotates its functions in part

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.collection import language_of
from beir_hybrid.errors import ConfigurationError, DataFormatError, PluginError
from beir_hybrid.evaluation.measures import Measure as OurMeasure
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.rankings import Rankings, Top, Translation
from beir_hybrid.registry import MEASURES

try:
    import ir_measures
    from ir_measures import providers
    from ir_measures.measures import Measure, ParamInfo, register, registry
except ModuleNotFoundError as error:
    raise PluginError(f"{__name__} needs {error.name}.", "Install it: pip install ir-measures") from error

__all__ = ["MRC", "NDKL", "LanguagePEER", "LanguageShare", "OneTargetMAP", "RankDistance", "SameLanguageShare"]

Run = Mapping[str, Mapping[str, float]]
Qrels = Mapping[str, Mapping[str, int]]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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

    def __init__(self, measures: Iterable[Measure], qrels: Qrels) -> None:
        chosen = list(measures)
        super().__init__(chosen, set(qrels))
        self.qrels = qrels
        self.built = [(measure, measure.build()) for measure in chosen if isinstance(measure, LanguageMeasure)]

    def _iter_calc(self, run: Any) -> Iterator[ir_measures.Metric]:
        scores: Run = ir_measures.util.RunConverter(run).as_dict_of_dict()
        named = {measure.params["language"] for measure, _ in self.built if "language" in measure.params}
        named |= {language for measure, _ in self.built for language in measure.params.get("sizes", {})}
        pool = _Pool.of(scores, self.qrels, named)
        depth = max([measure.depth for _, measure in self.built], default=0)
        for queries, rankings in _rankings(pool, scores, self.qrels, depth):
            for measure, built in self.built:
                sized = replace(rankings, sizes=pool.sizes(measure.params.get("sizes")))
                for query, value in zip(queries, built.values(sized).tolist(), strict=True):
                    yield ir_measures.Metric(query_id=query, measure=measure, value=value)


@dataclass(frozen=True, eq=False)
class _Pool:
    """The documents that a run and judgements name, numbered by id, ascending."""

    number: dict[str, int]  # of each document id
    language: Ints  # of each document, its number in ``languages``
    languages: tuple[str, ...]

    @classmethod
    def of(cls, run: Run, qrels: Qrels, named: Iterable[str]) -> _Pool:
        ids = sorted({document for lists in (run, qrels) for documents in lists.values() for document in documents})
        codes = [_language(document, "document") for document in ids]
        languages = sorted({*codes, *named})
        number_of = {code: number for number, code in enumerate(languages)}
        language = np.array([number_of[code] for code in codes], np.int64)
        return cls({document: number for number, document in enumerate(ids)}, language, tuple(languages))

    def sizes(self, given: Mapping[str, int] | None) -> Ints:
        """Give the languages' sizes: those given, or else the numbers of documents seen.

        Raises:
            ConfigurationError: If more documents were seen than the sizes allow.
        """
        seen = np.bincount(self.language, minlength=len(self.languages))
        if given is None:
            return seen
        sizes = np.array([given.get(code, 0) for code in self.languages], np.int64)
        for number in np.flatnonzero(sizes < seen):
            raise ConfigurationError(
                f"The run and the judgements name {seen[number]} documents in {self.languages[number]!r}, and the "
                f"sizes given say {sizes[number]}.",
                "Give the number of documents of every language searched.",
            )
        return sizes


@dataclass(frozen=True, eq=False)
class _Ranked:
    """One query's documents in order of rank."""

    passage: Ints
    mid_rank: Floats


class _Lists:
    """The ranked lists of a run, each made when it is first asked for."""

    def __init__(self, pool: _Pool, run: Run) -> None:
        self.pool = pool
        self.run = run
        self._made: dict[str, _Ranked] = {}

    def of(self, query: str) -> _Ranked:
        """Rank a query's documents: score descending as float32, then the larger id first, as trec_eval does.

        Raises:
            DataFormatError: If a score is no number.
        """
        if query not in self._made:
            documents = self.run.get(query, {})
            number = np.fromiter((self.pool.number[document] for document in documents), np.int64, len(documents))
            score = np.fromiter(documents.values(), np.float32, len(documents))
            if np.isnan(score).any():
                document = list(documents)[int(np.isnan(score).argmax())]
                raise DataFormatError(f"The run scores {document!r} for {query!r} with NaN.", "Mend or remove it.")
            order = np.lexsort((-number, -score))
            falling = -score[order]
            level = np.searchsorted(falling, falling, "left") + np.searchsorted(falling, falling, "right") + 1
            self._made[query] = _Ranked(number[order], level / 2)
        return self._made[query]

    def top(self, queries: list[str], depth: int) -> Ints:
        """Give the first documents of some queries, shape (queries, depth), -1 where there are fewer."""
        top = np.full((len(queries), depth), -1, np.int64)
        for row, query in enumerate(queries):
            found = self.of(query).passage[:depth]
            top[row, : len(found)] = found
        return top


def _rankings(pool: _Pool, run: Run, qrels: Qrels, depth: int) -> Iterator[tuple[list[str], Rankings]]:
    """Rank the queries that have a relevant document, one language after another."""
    lists = _Lists(pool, run)
    of_language: dict[str, list[str]] = {}
    for query, judged in qrels.items():
        if any(grade > 0 for grade in judged.values()):
            of_language.setdefault(_language(query, "query"), []).append(query)
    for language, queries in of_language.items():
        ranked = (_rows(pool, lists.of(query), qrels[query], row) for row, query in enumerate(queries))
        numbers, passage, rank, mid_rank, grade = map(np.array, zip(*chain.from_iterable(ranked), strict=True))
        rankings = Rankings(
            query=numbers,
            rank=rank,
            mid_rank=mid_rank,
            grade=grade,
            language=pool.language[passage],
            languages=pool.languages,
            sizes=pool.sizes(None),
            query_language=language,
            queries=len(queries),
            retrieved=np.array([len(run.get(query, {})) for query in queries]),
            top=_top(pool, lists, qrels, queries, depth),
            translations=partial(_translations, lists, queries, depth),
        )
        yield queries, rankings


def _rows(
    pool: _Pool, ranked: _Ranked, judged: Mapping[str, int], query: int
) -> Iterator[tuple[int, int, float, float, int]]:
    """List a query's relevant documents by rank: query, document, rank, mid-rank and grade."""
    grade = {pool.number[document]: grade for document, grade in judged.items() if grade > 0}
    for place in np.flatnonzero(np.isin(ranked.passage, list(grade))).tolist():
        passage = int(ranked.passage[place])
        yield query, passage, place + 1.0, float(ranked.mid_rank[place]), grade.pop(passage)
    for passage, remaining in grade.items():
        yield query, passage, np.inf, np.inf, remaining


def _top(pool: _Pool, lists: _Lists, qrels: Qrels, queries: list[str], depth: int) -> Top:
    passage = lists.top(queries, depth)
    grade = np.zeros_like(passage)
    for row, query in enumerate(queries):
        for document, level in qrels[query].items():
            if level > 0:
                grade[row, passage[row] == pool.number[document]] = level
    return Top(passage, np.where(passage >= 0, pool.language[passage], -1), grade)


def _translations(lists: _Lists, queries: list[str], depth: int) -> Iterator[Translation]:
    """Give what the run has for the same questions in other languages, one language after another."""
    number = {query.partition(":")[2]: row for row, query in enumerate(queries)}
    own = language_of(queries[0])
    of_language: dict[str, list[str]] = {}
    for query in lists.run:
        language, _, question = query.partition(":")
        if language != own and question in number:
            of_language.setdefault(language, []).append(query)
    for translated in of_language.values():
        rows = np.array([number[query.partition(":")[2]] for query in translated])
        yield Translation(rows, lists.top(translated, depth))


def _language(identifier: str, noun: str) -> str:
    code = language_of(identifier)
    if not code:
        raise DataFormatError(f"The {noun} id {identifier!r} does not tell its language.", "Write it as in en:17_3.")
    return code


_provider = LanguageProvider()
providers.register(_provider)
ir_measures.DefaultPipeline.providers.append(_provider)
