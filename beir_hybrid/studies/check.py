"""Check: what can be wrong with a study, found before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from beir_hybrid.datasets import load_sources
from beir_hybrid.errors import BeirHybridError, ConfigurationError, did_you_mean
from beir_hybrid.evaluation.measures import Measure, build_measures, expand_measures
from beir_hybrid.settings import KINDS, Kind, Setting
from beir_hybrid.studies.cell import Cell, is_seed
from beir_hybrid.studies.outcomes import matching
from beir_hybrid.studies.sentences import sides_in_words
from beir_hybrid.studies.study import Study
from beir_hybrid.studies.trial import Trial

_SELECTION = ("eval_data", "eval_languages", "eval_split", "select_by", "source", "passage_text")


def check_study(study: Study, cells: Sequence[Cell]) -> None:
    """Refuse a study whose cells could not be trained or evaluated, or whose claims could not be judged.

    Arguments are read by the host's own parser, all data are loaded once, and all batches are planned. What only
    shows later, such as a base model that does not load, fails in its cell.

    Raises:
        BeirHybridError: Any of its leaves; the message names the file, and the cell or evaluation.
    """
    identities: dict[str, Cell] = {}
    for cell in cells:
        if (other := identities.setdefault(cell.id, cell)) is not cell:
            raise ConfigurationError(
                f"{study.document.where('grid')}: the cells {other.name!r} and {cell.name!r} are the same.",
                "Take one of the values away.",
            )
    for claim in study.claims:
        if not matching(cells, claim.run).keys() & matching(cells, claim.baseline).keys():
            raise ConfigurationError(
                f"{study.document.where('claims')}: {claim.text or 'a claim'}: there is no pair of cells for "
                f"{sides_in_words(claim)}.",
                "Claim what the grid has cells of.",
            )
    for trial in study.trials:
        _check_trial(study, trial)
    _check_trainings(study, cells)


def _check_trial(study: Study, trial: Trial) -> None:
    from beir_hybrid.evaluation.evaluate import choose_judged
    from beir_hybrid.evaluation.judgements import Judgements

    try:
        build_measures(trial.measures)  # a misspelt one is told before anything is loaded
        collection, settings = trial.load()
        chosen = choose_judged(settings, Judgements(collection))
        measures = build_measures(trial.measures, collection.measures)
    except BeirHybridError as error:
        raise _told(f"{study.document.where('evaluate')}: {trial.name}", error) from error
    there = {setting.kind for setting in chosen}
    for claim in study.claims:
        if claim.evaluation != trial.name:
            continue
        kinds = [kind for kind in KINDS if kind in there and (claim.kinds is None or kind in claim.kinds)]
        known = {name for setting in chosen if setting.kind in kinds for name in _measured(setting, measures)}
        where = f"{study.document.where('claims')}: {claim.text or 'a claim'}"
        if not kinds:
            raise ConfigurationError(
                f"{where}: {trial.name} has no {' or '.join(claim.kinds or KINDS)} setting.",
                f"It has: {', '.join(kind for kind in KINDS if kind in there)}.",
            )
        for name in claim.measures:
            if name not in known:
                raise ConfigurationError(f"{where}: {trial.name} does not measure {name!r}.", did_you_mean(name, known))


def _measured(setting: Setting, measures: Mapping[Kind, Sequence[Measure]]) -> list[str]:
    """Name what is measured in a setting; comparing languages takes a pool of several."""
    fitting = [one for one in measures[setting.kind] if setting.kind == "multi" or not one.needs_languages]
    return [measure.name for measure in expand_measures(fitting, setting.corpus_languages)]


def _check_trainings(study: Study, cells: Sequence[Cell]) -> None:
    from beir_hybrid.batching.plan import BatchPlan
    from beir_hybrid.pairs import ParallelPairs
    from beir_hybrid.training.options import HOST_DEFAULTS, parse_host_arguments
    from beir_hybrid.training.selection import check_selection, load_selection, selection_defaults

    loaded: dict[str, list[ParallelPairs]] = {}
    planned: set[str] = set()
    selecting: set[str] = set()
    for cell in cells:
        options = cell.training(Path("model"))
        data = (options.train_data, options.source, options.languages, options.passage_text)
        unseeded = {key: value for key, value in cell.arguments.items() if not is_seed(key)}
        selection = repr([getattr(options, name) for name in _SELECTION])
        request = repr((data, selection, options.strategy, options.alpha, unseeded))
        if request in planned:
            continue
        planned.add(request)
        try:
            alpha = [] if options.alpha is None else ["--alpha", str(options.alpha)]
            words = ["--strategy", options.strategy, *alpha, *cell.words]
            arguments = parse_host_arguments(
                words, Path("model"), {**HOST_DEFAULTS, **selection_defaults(options, cell.words)}
            )
            if options.eval_data is not None:
                check_selection(arguments)
            if selection not in selecting:
                load_selection(options, arguments.per_device_eval_batch_size)
                selecting.add(selection)
            if repr(data) not in loaded:
                names = (options.train_data,) if isinstance(options.train_data, str) else options.train_data
                choice = {} if options.passage_text is None else {"passage_text": options.passage_text}
                loaded[repr(data)] = load_sources(names, options.source, options.languages, **choice)
            BatchPlan(
                [pairs.index for pairs in loaded[repr(data)]],
                arguments.built_strategy(),
                arguments.train_batch_size,
                sampling=arguments.sampling(),
            )
        except BeirHybridError as error:
            raise _told(f"{study.document.where('train')}: {cell.name}", error) from error


def _told(where: str, error: BeirHybridError) -> BeirHybridError:
    """Say where an error comes from; it stays of its kind."""
    return type(error)(f"{where}: {error.problem}", error.fix)
