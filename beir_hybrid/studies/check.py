"""Check of a study before anything is trained."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from beir_hybrid.errors import BeirHybridError, did_you_mean
from beir_hybrid.evaluation.measures import Measure, build_measures, expand_measures
from beir_hybrid.settings import KINDS, Kind, Setting
from beir_hybrid.studies.cell import Cell, is_seed
from beir_hybrid.studies.outcomes import matching
from beir_hybrid.studies.sentences import sides_in_words
from beir_hybrid.studies.study import Study
from beir_hybrid.studies.trial import Trial
from beir_hybrid.training.prepare import prepare


def check_study(study: Study, cells: Sequence[Cell]) -> None:
    """Raise an error for a study whose cells could not be trained or evaluated, or whose claims could not be tested.

    Every cell is prepared as ``beir-hybrid train`` would, with all data loaded once. What only shows later, such as a
    base model that does not load, fails in its cell.

    Raises:
        BeirHybridError: Any of its leaves; the message names the file, and the cell or evaluation.
    """
    identities: dict[str, Cell] = {}
    for cell in cells:
        if (other := identities.setdefault(cell.id, cell)) is not cell:
            problem = f"the cells {other.name!r} and {cell.name!r} are the same."
            raise study.document.error(problem, "Take one of the values away.", "grid")
    for claim in study.claims:
        if not matching(cells, claim.run).keys() & matching(cells, claim.baseline).keys():
            problem = f"{claim.text or 'a claim'}: there is no pair of cells for {sides_in_words(claim)}."
            raise study.document.error(problem, "Claim what the grid has cells of.", "claims")
    for trial in study.trials:
        _check_trial(study, trial)
    _check_trainings(study, cells)


def _check_trial(study: Study, trial: Trial) -> None:
    from beir_hybrid.evaluation.judgements import Judgements

    try:
        build_measures(trial.measures)  # a misspelt one is refused before anything is loaded
        collection, settings = trial.load()
        chosen = Judgements(collection).choose(settings)
        measures = build_measures(trial.measures, collection.measures)
    except BeirHybridError as error:
        raise _located(f"{study.document.where('evaluate')}: {trial.name}", error) from error
    present = {setting.kind for setting in chosen}
    for claim in study.claims:
        if trial.name not in claim.evaluations:
            continue
        kinds = [kind for kind in KINDS if kind in present and (claim.kinds is None or kind in claim.kinds)]
        known = {name for setting in chosen if setting.kind in kinds for name in _measured(setting, measures)}
        text = claim.text or "a claim"
        if not kinds:
            problem = f"{text}: {trial.name} has no {' or '.join(claim.kinds or KINDS)} setting."
            has = f"It has: {', '.join(kind for kind in KINDS if kind in present)}."
            raise study.document.error(problem, has, "claims")
        for name in claim.measures:
            if name not in known:
                problem = f"{text}: {trial.name} does not measure {name!r}."
                raise study.document.error(problem, did_you_mean(name, known), "claims")


def _measured(setting: Setting, measures: Mapping[Kind, Sequence[Measure]]) -> list[str]:
    """Return the names of what is measured in a setting; comparing languages takes a pool of several."""
    fitting = [one for one in measures[setting.kind] if setting.kind == "multi" or not one.needs_languages]
    return [measure.name for measure in expand_measures(fitting, setting.corpus_languages)]


def _check_trainings(study: Study, cells: Sequence[Cell]) -> None:
    loaded: dict[Hashable, Any] = {}
    prepared: set[str] = set()
    for cell in cells:
        arguments = {name: value for name, value in cell.request.arguments.items() if not is_seed(name)}
        unseeded = repr(replace(cell.request, arguments=arguments))
        if unseeded in prepared:
            continue
        prepared.add(unseeded)
        try:
            prepare(cell.request, loaded)
        except BeirHybridError as error:
            raise _located(f"{study.document.where('train')}: {cell.name}", error) from error


def _located(where: str, error: BeirHybridError) -> BeirHybridError:
    """Return an error of the same kind whose message says where it comes from."""
    return type(error)(f"{where}: {error.problem}", error.fix)
