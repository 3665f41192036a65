"""Scoring a model, vectors or what any system retrieved, in every setting of a collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.encoder import Encoder, as_encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.measures import Measure, build_measure, build_measures, expand_measures
from beir_hybrid.evaluation.measures.base import bounds_of
from beir_hybrid.evaluation.measures.check import measure_queries
from beir_hybrid.evaluation.notes import notes_on
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import Results, environment
from beir_hybrid.evaluation.run_files import write_run
from beir_hybrid.evaluation.runs import Run
from beir_hybrid.evaluation.scorer import Scorer
from beir_hybrid.evaluation.search.exact import ExactSearch
from beir_hybrid.evaluation.search.run_searcher import RunSearcher
from beir_hybrid.evaluation.search.searcher import Search, Searcher, SearchTask
from beir_hybrid.evaluation.timing import timed
from beir_hybrid.settings import KINDS, Kind, Setting
from beir_hybrid.translations import count_linked
from beir_hybrid.verbosity import progress_bar

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Measures = Mapping[Kind, Sequence[Measure]]
"""Measures by kind of setting."""


def evaluate(
    model: SentenceTransformer | Encoder | Embeddings | Mapping[Setting, Run],
    collection: MultilingualCollection | Judgements,
    *,
    search: Search | None = None,
    encoding: EncodingOptions | None = None,
    settings: Sequence[str | Setting] | None = None,
    measures: Sequence[str] | None = None,
    show_progress: bool = False,
    model_name: str = "",
    intervals: bool = True,
    notes: Sequence[str] = (),
    runs: Path | None = None,
    run_depth: int = 1000,
    **options: Any,
) -> Results:
    """Score a model monolingually, cross-lingually and multilingually, from one encoding of the collection.

    Vectors that were computed elsewhere and runs of any system, such as BM25 or a reranker, are scored alike. Where
    rankings are cut off, in runs or by an index, and ``measures`` are not given or include ``default``, rank distance
    is measured at their depth: a passage that was not retrieved counts as ranked right below the last one that could
    have been.

    Args:
        model: A model, whose texts are encoded; a :class:`~.encoder.FolderEncoder` is loaded only if the cache lacks a
            vector. Or :class:`~beir_hybrid.evaluation.Embeddings`, or runs by setting, as
            :func:`~beir_hybrid.evaluation.read_runs` returns them.
        collection: Queries, corpora and relevance, or their judgements if they were computed before.
        search: How passages are found among vectors: :class:`~beir_hybrid.evaluation.ExactSearch`, the default, or
            :class:`~beir_hybrid.evaluation.FaissSearch`.
        encoding: How texts are encoded; None for the defaults.
        settings: Names of settings such as ``en-de``, or kinds such as ``mono``; None for all, or all that there are
            runs of.
        measures: Names such as ``map`` or ``ndcg@10``, for every kind of setting; ``default`` stands for
            :data:`~.measures.DEFAULT_MEASURES` and ``bias`` for :data:`~.measures.BIAS_MEASURES`; None for the
            collection's own, or else the default.
        show_progress: Whether to show progress bars.
        model_name: What the results call the model or system; empty for the name the model itself carries.
        intervals: Whether to add 95 % intervals.
        notes: What a reader of the results must know besides.
        runs: Folder to write a TREC run of every setting to; None to write none.
        run_depth: Passages per query in these runs, if the search goes as deep.
        **options: Fields of :class:`~beir_hybrid.evaluation.EncodingOptions`, such as ``batch_size=64``, which replace
            those of ``encoding``.

    Returns:
        Macro means over settings, and the measures of every setting.

    Raises:
        ModelError: If the model cannot score the collection.
        ConfigurationError: If no query has a relevant passage, no measure applies or one needs full rankings, or an
            option is out of range.
        UnknownNameError: If there is no such setting or measure.
    """
    if run_depth < 1:
        raise ConfigurationError(f"The depth of runs is {run_depth}.", "Choose at least 1.")
    judgements = collection if isinstance(collection, Judgements) else Judgements(collection)
    planned: Measures = build_measures(measures, judgements.collection.measures)
    search, encoding = search or ExactSearch(), replace(encoding or EncodingOptions(), **options)
    seconds: dict[str, float] = {}
    encoder: Encoder | None = None
    if isinstance(model, Mapping):
        searcher: Searcher = _search_runs(judgements, model, settings)
        _check_applying(planned, searcher.settings, judgements)
    else:
        chosen = judgements.choose(settings)
        _check_applying(planned, chosen, judgements)
        if not isinstance(model, Embeddings):
            encoder = as_encoder(model, sparse=search.sparse)
            search.check(encoder.description.dimensions)
            with timed(seconds, "encode"):
                model = encode(encoder, judgements.collection, encoding, show_progress=show_progress)
            encoder.release()
        deepest = max(_depth(measure) for of_kind in planned.values() for measure in of_kind)
        searcher = search.open(SearchTask(judgements, model, chosen, deepest, show_progress))
    if searcher.depth is not None and (not measures or "default" in measures):
        planned = _cut_off(planned, searcher.depth)
    values, ties = _measure(searcher, planned, seconds)
    data = judgements.collection
    translations = count_linked(values.groups(), data.linked_by)
    with timed(seconds, "intervals"):
        bounds = _intervals(values) if intervals else {}
    results = Results(
        dataset=data.name,
        model=model_name or (encoder.name if encoder else "unnamed" if isinstance(model, Embeddings) else "run"),
        passage_text=data.passage_text,
        languages=data.languages,
        scores=values.macro(),
        settings=values.means(),
        micro=values.micro(),
        intervals=bounds,
        undefined=values.undefined(),
        ties=ties,
        passages=dict(zip(judgements.languages, judgements.sizes.tolist(), strict=True)),
        data=judgements.checksums,
        translations=translations,
        notes=(*data.notes, *notes, *notes_on(values, translations, intervals), *searcher.notes()),
        environment=environment(encoder.device if encoder else "", seconds, searcher.device),
        values=values,
    )
    if runs is not None:
        _write_runs(searcher, runs, run_depth, results.model, show_progress)
    return results


def _search_runs(
    judgements: Judgements, runs: Mapping[Setting, Run], settings: Sequence[str | Setting] | None
) -> RunSearcher:
    searcher = RunSearcher(judgements, runs)
    if settings is not None:
        searcher.settings = [each for each in judgements.choose(settings) if each in searcher.settings]
    return searcher


def _depth(measure: Measure) -> int:
    """Return how deep a measure looks; one of exact ranks only, such as recall@10, needs as many as its cut-off."""
    return max(measure.depth, getattr(measure, "cutoff", None) or 0)


def _cut_off(measures: Measures, depth: int) -> Measures:
    """Measure rank distance at the depth of the rankings."""
    cut = build_measure(f"rank_distance@{max(depth, 1)}")
    return {
        kind: [cut if measure.name == "rank_distance" else measure for measure in of_kind]
        for kind, of_kind in measures.items()
    }


def _check_applying(measures: Measures, settings: Sequence[Setting], judgements: Judgements) -> None:
    name = judgements.collection.name
    if not settings:
        raise ConfigurationError(
            f"No query of {name} has a relevant passage in what was searched.", "Check the run's setting."
        )
    asked = {(setting.kind, measure.needs_languages) for setting in settings for measure in measures[setting.kind]}
    if not any(kind == "multi" or not needs_languages for kind, needs_languages in asked):
        names = ", ".join(dict.fromkeys(measure.name for kind in measures.values() for measure in kind))
        raise ConfigurationError(
            f"{names} compares languages, and no setting chosen of {name} has several.", "Add a measure such as map."
        )


def _measure(searcher: Searcher, measures: Measures, seconds: dict[str, float]) -> tuple[QueryValues, dict[str, float]]:
    """Measure every query of the settings.

    Returns:
        The values, and the share of queries with a tie by kind of setting.
    """
    scorer, before = Scorer(searcher), sum(searcher.seconds.values())
    ties: dict[str, list[bool]] = {}
    measured: dict[str, SettingValues] = {}
    with timed(seconds, "measure"):
        for setting in _by_corpora(scorer.settings):
            of_setting = _measure_setting(scorer, setting, measures[setting.kind])
            if of_setting.values:
                measured[setting.name] = of_setting
                ties.setdefault(setting.kind, []).extend(scorer.ties(setting).tolist())
    # searches run while measures ask for what they find
    seconds["measure"] = round(seconds["measure"] + before - sum(searcher.seconds.values()), 3)
    seconds |= searcher.seconds
    values = QueryValues(tuple(measured[setting.name] for setting in scorer.settings if setting.name in measured))
    return values, {kind: float(np.mean(ties[kind])) for kind in KINDS if kind in ties}


def _measure_setting(scorer: Scorer, setting: Setting, measures: Sequence[Measure]) -> SettingValues:
    judgements = scorer.judgements
    applying = [measure for measure in measures if setting.kind == "multi" or not measure.needs_languages]
    applying = expand_measures(applying, setting.corpus_languages)
    numbers = scorer.queries(setting)
    rankings = scorer.rankings(setting, max((measure.depth for measure in applying), default=0))
    return SettingValues(
        name=setting.name,
        kind=setting.kind,
        queries=tuple(map(judgements.queries.__getitem__, numbers.tolist())),
        groups=tuple(map(judgements.groups.__getitem__, numbers.tolist())),
        values={measure.name: measure_queries(measure, rankings) for measure in applying},
    )


def _intervals(values: QueryValues) -> dict[str, dict[str, dict[str, list[float]]]]:
    from beir_hybrid.evaluation.statistics.significance import intervals  # scipy takes its time to import

    names = {name for setting in values.settings for name in setting.values}
    return intervals(values, bounds={name: bounds_of(build_measure(name)) for name in names})


def _write_runs(searcher: Searcher, folder: Path, depth: int, tag: str, show_progress: bool) -> None:
    judgements = searcher.judgements
    for setting in progress_bar(_by_corpora(searcher.settings), desc="Writing runs", show=show_progress):
        if (hits := searcher.hits(setting, depth)) is not None:
            queries = np.flatnonzero(judgements.query_language == setting.query_language)
            write_run(folder / f"{setting.name}.trec", hits, queries, judgements, tag)


def _by_corpora(settings: Sequence[Setting]) -> list[Setting]:
    """Sort settings so that settings with the same corpora, which are searched together, follow one another."""
    return sorted(settings, key=lambda setting: setting.corpus_languages)
