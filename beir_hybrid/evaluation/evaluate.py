"""Scoring one encoding, or what any system retrieved, in every setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.encoder import Encoder, as_encoder
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.measures import Measure, build_measure, build_measures, expand_measures
from beir_hybrid.evaluation.measures.base import bounds_of
from beir_hybrid.evaluation.measures.check import measure_queries
from beir_hybrid.evaluation.notes import notes_on
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import Results, environment
from beir_hybrid.evaluation.run_files import write_run
from beir_hybrid.evaluation.runs import Run
from beir_hybrid.evaluation.scorer import EmbeddingScorer, RunScorer, Scorer
from beir_hybrid.evaluation.timing import timed
from beir_hybrid.settings import KINDS, Kind, Setting, choose_settings
from beir_hybrid.translations import count_linked
from beir_hybrid.verbosity import progress_bar

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from beir_hybrid.evaluation.encoding.cache import EmbeddingCache


def evaluate(
    model: SentenceTransformer | Encoder,
    collection: MultilingualCollection,
    *,
    settings: Sequence[str] | None = None,
    measures: Sequence[str] | None = None,
    batch_size: int = 32,
    show_progress: bool = False,
    model_name: str = "",
    cache: EmbeddingCache | None = None,
    dtype: str | None = None,
    device: str | Sequence[str] | None = None,
    intervals: bool = True,
    runs: Path | None = None,
    run_depth: int = 1000,
) -> Results:
    """Encode a collection once and score it monolingually, cross-lingually and multilingually.

    Args:
        model: The model; a :class:`~.encoder.FolderEncoder` is loaded only if the cache lacks a vector.
        collection: Queries, corpora and relevance.
        settings: Names of settings such as ``en-de``, or kinds such as ``mono``; None for all.
        measures: Names such as ``map`` or ``ndcg@10``, for every kind of setting; ``default`` stands for
            :data:`~.measures.DEFAULT_MEASURES` and ``bias`` for :data:`~.measures.BIAS_MEASURES`; None for the
            collection's own, or else the default.
        batch_size: Texts per forward pass.
        show_progress: Whether to show progress bars.
        model_name: What the results call the model; empty for the name the model itself carries.
        cache: Where vectors are kept between evaluations; None to keep none.
        dtype: ``float16`` or ``bfloat16`` to run the model so; None to leave it as it is.
        device: Device or devices to encode on; None for the model's own.
        intervals: Whether to add 95 % intervals.
        runs: Folder to write a TREC run of every setting to; None to write none.
        run_depth: Passages per query in these runs.

    Returns:
        Macro means over settings, and the measures of every setting.

    Raises:
        ModelError: If the model cannot score the collection.
        ConfigurationError: If no query has a relevant passage, no measure applies, or an option is out of range.
        UnknownNameError: If there is no such setting or measure.
    """
    if run_depth < 1:
        raise ConfigurationError(f"The depth of runs is {run_depth}.", "Choose at least 1.")
    judgements = Judgements(collection)
    chosen = choose_judged(settings, judgements)
    planned = build_measures(measures, collection.measures)
    _check_applying(planned, chosen, collection)
    seconds: dict[str, float] = {}
    encoder = as_encoder(model)
    with timed(seconds, "encode"):
        embeddings = encode(
            encoder,
            collection,
            batch_size=batch_size,
            show_progress=show_progress,
            cache=cache,
            dtype=dtype,
            device=device,
        )
    with timed(seconds, "rank"):
        scorer = EmbeddingScorer(judgements, embeddings, chosen=chosen, show_progress=show_progress)
    results = _measure(scorer, chosen, planned, model_name or encoder.name, encoder.device, seconds, intervals)
    if runs is not None:
        for setting in progress_bar(_by_corpora(chosen), desc="Writing runs", show=show_progress):
            write_run(
                runs / f"{setting.name}.trec",
                scorer.search(setting, run_depth),
                np.flatnonzero(judgements.query_language == setting.query_language),
                judgements,
                results.model,
            )
    return results


def evaluate_embeddings(
    collection: MultilingualCollection,
    embeddings: Embeddings,
    *,
    settings: Sequence[str] | None = None,
    measures: Sequence[str] | None = None,
    show_progress: bool = False,
    model_name: str = "unnamed",
    intervals: bool = True,
) -> Results:
    """Score vectors that are there already; see :func:`evaluate`.

    Args:
        collection: Queries, corpora and relevance.
        embeddings: Their vectors, in the collection's order.
        settings: Names of settings; None for all.
        measures: Names of measures; None for the collection's own, or else the default.
        show_progress: Whether to show progress bars.
        model_name: What the results call the model.
        intervals: Whether to add 95 % intervals.
    """
    judgements = Judgements(collection)
    chosen = choose_judged(settings, judgements)
    planned = build_measures(measures, collection.measures)
    seconds: dict[str, float] = {}
    with timed(seconds, "rank"):
        scorer = EmbeddingScorer(judgements, embeddings, chosen=chosen, show_progress=show_progress)
    return _measure(scorer, chosen, planned, model_name, "", seconds, intervals)


def evaluate_runs(
    judgements: Judgements,
    runs: Mapping[Setting, Run],
    *,
    measures: Sequence[str] | None = None,
    name: str = "run",
    intervals: bool = True,
    notes: Sequence[str] = (),
) -> Results:
    """Score what some system retrieved, such as BM25 or a reranker.

    Without ``measures``, or with ``default`` among them, rank distance is measured at the depth of the runs: a passage
    that was not retrieved counts as standing right below the last one that could have been.

    Args:
        judgements: The collection.
        runs: What was retrieved in each setting.
        measures: Names of measures; None for the collection's own, or else the default.
        name: What the results call the system.
        intervals: Whether to add 95 % intervals.
        notes: What a reader must know besides.

    Raises:
        ConfigurationError: If no setting has a query with a relevant passage, or a measure needs full rankings.
    """
    depth = max((run.depth for run in runs.values()), default=0)
    whole = all(_is_whole(run, setting, judgements) for setting, run in runs.items())
    scorer = RunScorer(judgements, runs)
    empty = sum(int((scorer.rankings(setting).retrieved == 0).sum()) for setting in scorer.settings)
    if empty:
        asked = sum(len(scorer.queries(setting)) for setting in scorer.settings)
        notes = [*notes, f"nothing was retrieved for {empty:,} of {asked:,} queries, which count 0"]
    if not whole:
        notes = [*notes, f"rankings are cut off, at depth {depth} at most; what lies below counts as not retrieved"]
    return evaluate_scorer(
        scorer,
        scorer.settings,
        depth=None if whole else depth,
        measures=measures,
        name=name,
        intervals=intervals,
        notes=notes,
    )


def evaluate_scorer(
    scorer: Scorer,
    settings: Sequence[Setting],
    *,
    depth: int | None,
    measures: Sequence[str] | None = None,
    name: str = "unnamed",
    device: str = "",
    seconds: dict[str, float] | None = None,
    intervals: bool = True,
    notes: Sequence[str] = (),
) -> Results:
    """Score rankings that may be cut off; see :func:`evaluate_runs`.

    Args:
        scorer: Gives the rankings.
        settings: The settings to score.
        depth: How deep the rankings are; None if they are whole.
        measures: Names of measures; None for the collection's own, or else the default.
        name: What the results call the system.
        device: What the results call the device.
        seconds: Seconds of the stages so far.
        intervals: Whether to add 95 % intervals.
        notes: What a reader must know besides.

    Raises:
        ConfigurationError: If there is no setting, or a measure needs full rankings.
    """
    planned = build_measures(measures, scorer.judgements.collection.measures)
    if (not measures or "default" in measures) and depth is not None:
        cut = build_measure(f"rank_distance@{max(depth, 1)}")
        planned = {
            kind: [cut if measure.name == "rank_distance" else measure for measure in of_kind]
            for kind, of_kind in planned.items()
        }
    return _measure(scorer, settings, planned, name, device, seconds or {}, intervals, notes)


def choose_judged(names: Sequence[str] | None, judgements: Judgements) -> list[Setting]:
    """Choose settings by their names.

    Raises:
        UnknownNameError: If there is no such setting.
        ConfigurationError: If a part of the pool is one that answers nothing.
    """
    chosen = choose_settings(names, judgements.settings, judgements.collection.name)
    for setting in chosen:
        if not len(judgements.rows(setting)):
            raise ConfigurationError(f"No query of {setting.name} has a relevant passage.", "Leave that setting out.")
    return chosen


def _is_whole(run: Run, setting: Setting, judgements: Judgements) -> bool:
    passages = judgements.sizes[judgements.columns(setting)].sum()
    queries = np.unique(judgements.query[judgements.rows(setting)])
    return bool((np.bincount(run.query, minlength=len(judgements.queries))[queries] == passages).all())


def _measure(
    scorer: Scorer,
    settings: Sequence[Setting],
    measures: Mapping[Kind, Sequence[Measure]],
    name: str,
    device: str,
    seconds: dict[str, float],
    intervals: bool,
    notes: Sequence[str] = (),
) -> Results:
    """Measure every query of the settings, and sum it up."""
    judgements, collection = scorer.judgements, scorer.judgements.collection
    if not settings:
        raise ConfigurationError(
            f"No query of {collection.name} has a relevant passage in what was searched.", "Check the run's setting."
        )
    _check_applying(measures, settings, collection)
    ties: dict[str, list[bool]] = {}
    found: dict[str, SettingValues] = {}
    with timed(seconds, "measure"):
        for setting in _by_corpora(settings):
            measured = _measure_setting(scorer, setting, measures[setting.kind])
            if measured.values:
                found[setting.name] = measured
                ties.setdefault(setting.kind, []).extend(scorer.ties(setting).tolist())
    values = QueryValues(tuple(found[setting.name] for setting in settings if setting.name in found))
    translations = count_linked(values.groups(), collection.linked_by)
    with timed(seconds, "intervals"):
        bounds = _intervals(values) if intervals else {}
    return Results(
        dataset=collection.name,
        model=name,
        passage_text=collection.passage_text,
        languages=collection.languages,
        scores=values.macro(),
        settings=values.means(),
        micro=values.micro(),
        intervals=bounds,
        undefined=values.undefined(),
        ties={kind: float(np.mean(ties[kind])) for kind in KINDS if kind in ties},
        passages=dict(zip(judgements.languages, judgements.sizes.tolist(), strict=True)),
        data=collection.checksums(),
        translations=translations,
        notes=(*collection.notes, *notes, *notes_on(values, translations, intervals)),
        environment=environment(device, seconds),
        values=values,
    )


def _check_applying(
    measures: Mapping[Kind, Sequence[Measure]], settings: Sequence[Setting], collection: MultilingualCollection
) -> None:
    asked = {(setting.kind, measure.needs_languages) for setting in settings for measure in measures[setting.kind]}
    if not any(kind == "multi" or not needs_languages for kind, needs_languages in asked):
        names = ", ".join(dict.fromkeys(measure.name for kind in measures.values() for measure in kind))
        raise ConfigurationError(
            f"{names} compares languages, and no setting chosen of {collection.name} has several.",
            "Add a measure such as map.",
        )


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


def _by_corpora(settings: Sequence[Setting]) -> list[Setting]:
    """Sort settings so that those of the same corpora, which are searched together, follow one another."""
    return sorted(settings, key=lambda setting: setting.corpus_languages)
