"""Custom metrics: what ``evaluate_custom`` returns for the name of one of this package's measures."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.errors import ConfigurationError, DataFormatError, UnknownNameError, did_you_mean
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.measures import Measure, build_measure
from beir_hybrid.evaluation.measures.build import parameters_of
from beir_hybrid.hosts.beir.dicts import Qrels, Scores
from beir_hybrid.hosts.beir.script_collection import (
    ScriptCollection,
    collection_of_results,
    differences_from_beir,
)
from beir_hybrid.registry import MEASURES

logger = logging.getLogger(__name__)

_BEIRS = ("accuracy", "hole", "mrr", "recall_cap")
_FORM = re.compile(r"(?P<name>[^@\[\]]+)(?P<language>\[[^@\[\]]*\])?(@(?P<cutoff>.*))?")


def measure(qrels: Qrels, results: Scores, k_values: Sequence[int], metric: str) -> dict[str, float]:
    """Measure what was retrieved, in the mean over the queries of all languages.

    Args:
        qrels: Grades by query id and document id.
        results: Scores by query id and document id.
        k_values: Cut-offs.
        metric: Name of a measure, such as ``rank_distance`` or ``language_share[de]``; ``@k`` may follow, as in BEIR's
            names, or a number, which stands in place of the cut-offs.

    Returns:
        By name of the measure, such as ``rank_distance@10``, one value per cut-off, rounded to 5 digits as BEIR does;
        measures that have a value per language have one for each. NaN where no query has a value.

    Raises:
        UnknownNameError: If neither BEIR nor this package has the measure, or it is of a language that the documents
            lack.
        DataFormatError: If a measure compares languages, and a document or query has none.
        ConfigurationError: If a measure compares languages, and the documents have only one.
    """
    chosen = _measures(metric, k_values)
    name = chosen[0].name
    of_languages = any(one.needs_languages for one in chosen)
    retrieved = _retrieved(qrels, results, name if of_languages else "")
    _check_language(name, retrieved.judgements.languages)
    differences = tuple(differences_from_beir(qrels, results))
    scored = evaluate(
        retrieved.runs(results),
        retrieved.judgements,
        measures=[one.name for one in chosen],
        intervals=False,
        notes=differences,
    )
    for note in scored.notes if of_languages else differences:
        logger.info("%s: %s", name, note)
    by_name: dict[str, list[Floats]] = {}
    for setting in scored.values.settings if scored.values is not None else ():
        for measured, values in setting.values.items():
            by_name.setdefault(measured, []).append(values)
    means = {measured: _mean(np.concatenate(values)) for measured, values in by_name.items()}
    for measured, value in means.items():
        logger.info("%s: %.4f", measured, value)
    return means


def _retrieved(qrels: Qrels, results: Scores, comparing: str) -> ScriptCollection:
    """Sort the results by language; ``comparing`` names the measure that compares languages, if one does."""
    try:
        retrieved = collection_of_results(qrels, results)
    except DataFormatError:
        if comparing:
            raise
        retrieved = None
    if not comparing:
        retrieved = retrieved or collection_of_results(qrels, results, whatever_language=True)
    if retrieved is None:
        raise DataFormatError(
            f"The data carry no languages, which {comparing} compares.",
            "Write ids as in en:17_3, or give each document and query a language in its metadata.",
        )
    return retrieved


def _check_language(name: str, known: Sequence[str]) -> None:
    """Refuse a measure of a language that the documents lack, whose value would be NaN."""
    language = name.partition("[")[2].partition("]")[0]
    if language and language not in known:
        raise UnknownNameError(f"{name} is of a language that no document has.", did_you_mean(language, known))


def _measures(metric: str, k_values: Sequence[int]) -> list[Measure]:
    form = _FORM.fullmatch(metric)
    known = MEASURES.names()
    name = "" if form is None else next((word for word in (form["name"], form["name"].lower()) if word in known), "")
    if form is None or not name:
        raise UnknownNameError(
            f"Neither BEIR nor beir-hybrid has a metric {metric!r}.", did_you_mean(metric, {*known, *_BEIRS})
        )
    name += form["language"] or ""
    if form["cutoff"] not in {None, "k"}:
        return [build_measure(f"{name}@{form['cutoff']}")]
    if "cutoff" not in parameters_of(name.partition("[")[0]):
        return [build_measure(name)]
    if not k_values:
        raise ConfigurationError(f"There is no cut-off for {metric!r}.", "Give k_values, such as [10].")
    return [build_measure(f"{name}@{k}") for k in k_values]


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return round(float(known.mean()), 5) if len(known) else float("nan")
