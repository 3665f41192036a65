"""Study: a question, the trainings and evaluations that answer it, and the claims to judge."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from beir_hybrid.document import Document, read_document
from beir_hybrid.errors import BeirHybridError, ConfigurationError, did_you_mean, shorten
from beir_hybrid.settings import KINDS
from beir_hybrid.studies.claim import LANGUAGES, Claim
from beir_hybrid.studies.record import PARTS, as_list
from beir_hybrid.studies.statistic import STATISTICS, higher_is_better
from beir_hybrid.studies.trial import KEYS as TRIAL_KEYS
from beir_hybrid.studies.trial import Trial
from beir_hybrid.training.request import DECIDING

SHOWN = ("mean", *PARTS)
"""What the tables may show of an evaluation: the mean over settings, the worst setting and the standard deviation over
settings, and the means over the settings of languages that were trained on and of those that were not."""

_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_TEXTS = frozenset(DECIDING) - {"alpha", "scale"}
Word = TypeVar("Word", bound=str)

_KEYS = ("name", "question", "train", "grid", "evaluate", "claims", "show", "keep_models", "quick")
_QUICK = ("train", "grid", "evaluate", "claims", "show", "keep_models")
_CLAIM = ("claim", "run", "baseline", "evaluation", "kind", "measure", "languages", "statistic")


@dataclass(frozen=True)
class Study:
    """A grid of trainings, how each is evaluated, and what is claimed of them.

    Args:
        name: Its name.
        question: What it asks, in a sentence.
        train: Options of ``beir-hybrid train`` and training arguments that all cells share.
        grid: By option or argument, the values that are combined.
        trials: The evaluations.
        claims: What is judged in the end.
        show: What the tables show; see :data:`SHOWN`.
        keep_models: Whether the trained models are kept.
        content: The file's content, complete, so that the study can be run again from it.
        document: Where the content stands in the file, for messages.
        quick: Whether the file's quick section was taken.
    """

    name: str
    question: str
    train: Mapping[str, Any]
    grid: Mapping[str, tuple[Any, ...]]
    trials: tuple[Trial, ...]
    claims: tuple[Claim, ...]
    show: tuple[str, ...]
    keep_models: bool
    content: Mapping[str, Any]
    document: Document = field(repr=False, compare=False)
    quick: bool = False

    def differences(self, other: Study) -> list[str]:
        """Name what makes another study's cells or evaluations others than these; nothing if they are the same."""
        mine, yours = ((one.name, one.grid, one.train, one.trials) for one in (self, other))
        told = ("name", "grid", "train", "evaluate")
        return [key for key, first, second in zip(told, mine, yours, strict=True) if first != second]


def read_study(path: Path, quick: bool = False) -> Study:
    """Read a study's YAML file.

    Args:
        path: The file; its keys are described in :mod:`beir_hybrid.studies`.
        quick: Whether its ``quick`` section overrides the rest: ``train`` and ``grid`` key by key (null takes a key
            away), everything else as a whole.

    Raises:
        MissingDataError: If there is no such file.
        ConfigurationError: If it is not what a study's file should be; the message names the line.
    """
    return parse_study(read_document(path, "name: paper"), quick)


def parse_study(document: Document, quick: bool = False) -> Study:
    """Read a study from a document; see :func:`read_study`."""
    document.mapping(known=_KEYS)
    given = document.mapping("quick", known=_QUICK)
    content = {key: value for key, value in document.content.items() if key != "quick"}
    if quick:
        if not given:
            raise ConfigurationError(f"{document.name} has no section quick.", "Leave out --quick, or add one.")
        document = _overridden(document, given)
        content = document.content
    name, question = (_text(document, content, key) for key in ("name", "question"))
    train, varied = (_dashed(document.where(key), document.mapping(key)) for key in ("train", "grid"))
    if "train_data" not in train and "train_data" not in varied:
        raise ConfigurationError(f"{document.where('train')}: there is no train_data.", "Add  train_data: mlqa-r")
    grid = _grid(document, train)
    trials = _trials(document)
    show = tuple(as_list(content.get("show")) or ["mean"])
    for word in show:
        if word not in SHOWN:
            raise ConfigurationError(
                f"{document.where('show')}: unknown {shorten(word)}.", did_you_mean(str(word), SHOWN)
            )
    keep = content.get("keep_models", False)
    if not isinstance(keep, bool):
        raise ConfigurationError(
            f"{document.where('keep_models')}: keep_models is {shorten(keep)}.", "Write true or false."
        )
    claims = _claims(document, grid, trials)
    return Study(name, question, train, grid, trials, claims, show, keep, content, document, quick)


def _overridden(document: Document, given: Mapping[str, Any]) -> Document:
    """Put what the quick section says over the rest, lines too."""
    content = {key: value for key, value in document.content.items() if key != "quick"}
    lines = dict(document.lines)
    for key, value in given.items():
        merged = isinstance(value, dict) and isinstance(content.get(key), dict)
        if merged:
            both = _dashed(document.where(key), content[key]) | _dashed(document.where("quick", key), value)
            content[key] = {name: one for name, one in both.items() if one is not None}
        else:
            content[key] = value
            lines = {keys: line for keys, line in lines.items() if keys[0] != key}
        below = {keys[1:]: line for keys, line in document.lines.items() if keys[:2] == ("quick", key)}
        lines |= {keys: line for keys, line in below.items() if not (merged and len(keys) == 1)}
    return Document(document.name, content, lines)


def _dashed(where: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Spell options with underscores, as the command line takes either, and numbers as numbers."""
    found: dict[str, Any] = {}
    for key, value in options.items():
        name = key.replace("-", "_")
        if name in found:
            raise ConfigurationError(f"{where}: {name} is given twice, with a dash and without.", "Give it once.")
        found[name] = _number(name, value)
    return found


def _number(key: str, value: Any) -> Any:
    """Read a text that is a number as that number, so that it is the same value however it is written.

    YAML 1.1 takes 1e-5, without a point, for a text. Options that are texts, such as a model's name, stay as they are.
    """
    if isinstance(value, list):
        return [_number(key, one) for one in value]
    if key in _TEXTS or not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return value
    try:
        number = float(value) if re.search(r"[.eE]", value) else int(value)
        return number if math.isfinite(number) else value
    except (ValueError, OverflowError):  # thousands of digits, or hundreds
        return value


def _text(document: Document, content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{document.where(key)}: {key} is {shorten(value)}.", f"Write a text:  {key}: ...")
    return " ".join(value.split())


def _grid(document: Document, train: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    grid: dict[str, tuple[Any, ...]] = {}
    for key, values in document.mapping("grid").items():
        where, name = document.where("grid", key), key.replace("-", "_")
        if not isinstance(values, list):
            raise ConfigurationError(f"{where}: {key} is {shorten(values)}, no list.", f"Write  {key}: [{values}]")
        if not values:
            raise ConfigurationError(f"{where}: {key} has no value, so the grid has no cell.", "Give at least one.")
        values = _number(name, values)
        if any(value in values[:place] for place, value in enumerate(values)):
            raise ConfigurationError(f"{where}: {key} has a value twice.", "Give each value once.")
        if name in train and not (name == "languages" and all(type(value) is int for value in values)):
            raise ConfigurationError(f"{where}: {key} is in train as well.", "Give it in one of the two.")
        grid[name] = tuple(values)
    return grid


def _trials(document: Document) -> tuple[Trial, ...]:
    entries = document.content.get("evaluate")
    if not isinstance(entries, list) or not entries:
        raise ConfigurationError(
            f"{document.where('evaluate')}: evaluate is {shorten(entries)}.",
            "Give a list:  evaluate: [{dataset: xquad-r}]",
        )
    trials: dict[str, Trial] = {}
    for number in range(len(entries)):
        entry = document.mapping("evaluate", number, known=TRIAL_KEYS)
        where = document.where("evaluate", number)
        datasets = as_list(entry.get("dataset"))
        if len(datasets) != 1 and "name" in entry:
            raise ConfigurationError(f"{where}: one name for {len(datasets)} datasets.", "Leave out the name.")
        if not datasets:
            raise ConfigurationError(f"{where}: an evaluation has no dataset.", "Add  dataset: xquad-r")
        for dataset in datasets:
            try:
                trial = Trial.from_json({**entry, "dataset": dataset})
            except BeirHybridError as error:
                raise ConfigurationError(f"{where}: {error.problem}", error.fix) from error
            if trial.name in trials:
                raise ConfigurationError(f"{where}: two evaluations are named {trial.name}.", "Add  name: ANOTHER")
            trials[trial.name] = trial
    return tuple(trials.values())


def _claims(document: Document, grid: Mapping[str, tuple[Any, ...]], trials: Sequence[Trial]) -> tuple[Claim, ...]:
    entries = document.content.get("claims") or []
    if not isinstance(entries, list):
        raise ConfigurationError(f"{document.where('claims')}: claims is no list.", "Write  - run: {...}")
    known = [trial.name for trial in trials]
    claims: list[Claim] = []
    for number in range(len(entries)):
        entry = document.mapping("claims", number, known=_CLAIM)
        where = document.where("claims", number)
        for key in ("run", "baseline", "measure"):
            if not entry.get(key):
                raise ConfigurationError(f"{where}: the claim has no {key}.", f"Add  {key}: ...")
        kinds = tuple(map(str, as_list(entry.get("kind")))) or None
        for kind in kinds or ():
            if kind not in KINDS:
                raise ConfigurationError(f"{where}: unknown kind {shorten(kind)}.", did_you_mean(kind, KINDS))
        names = list(map(str, as_list(entry.get("evaluation")))) or known
        for name in names:
            if name not in known:
                raise ConfigurationError(f"{where}: there is no evaluation {shorten(name)}.", did_you_mean(name, known))
        runs = [_values(document, grid, (number, "run"), value) for value in as_list(entry["run"])]
        baselines = [_values(document, grid, (number, "baseline"), value) for value in as_list(entry["baseline"])]
        measures = tuple(map(str, as_list(entry["measure"])))
        text = " ".join(str(entry.get("claim") or "").split())
        languages = _word(document, number, entry, "languages", LANGUAGES)
        statistic = _word(document, number, entry, "statistic", STATISTICS)
        for measure in measures:
            if statistic == "worst" and higher_is_better(measure) is None:
                raise ConfigurationError(
                    f"{where}: {measure} has no worst value, being neither better when higher nor when lower.",
                    "Take another measure, or another statistic.",
                )
        for name in names:
            for run in runs:
                for baseline in baselines:
                    _check_sides(where, run, baseline)
                    claims.append(Claim(text, run, baseline, name, kinds, measures, languages, statistic))
    return tuple(claims)


def _check_sides(where: str, run: Mapping[str, Any], baseline: Mapping[str, Any]) -> None:
    """Refuse sides that are one, or that no two cells fit: what a claim leaves open must be equal in both."""
    if run == baseline:
        raise ConfigurationError(f"{where}: run and baseline are the same.", "Change one of them.")
    if run.keys() != baseline.keys():
        raise ConfigurationError(
            f"{where}: run gives {' and '.join(run)}, baseline gives {' and '.join(baseline)}.",
            "Give values of the same keys in both.",
        )


def _word(document: Document, number: int, entry: Mapping[str, Any], key: str, words: Sequence[Word]) -> Word:
    """Read one of a few words; the first of them where none is given."""
    given = entry.get(key, words[0])
    for word in words:
        if given == word:
            return word
    where = document.where("claims", number, key)
    raise ConfigurationError(f"{where}: unknown {key} {shorten(given)}.", did_you_mean(str(given), words))


def _values(
    document: Document, grid: Mapping[str, tuple[Any, ...]], place: tuple[int, str], value: Any
) -> dict[str, Any]:
    """Check one side of a claim against the grid."""
    where = document.where("claims", *place)
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where}: {shorten(value)} is no grid value.", "Write  {strategy: hybrid}")
    values = _dashed(where, value)
    for key, one in values.items():
        if key not in grid:
            raise ConfigurationError(f"{where}: the grid has no {shorten(key)}.", did_you_mean(key, grid))
        if one not in grid[key]:
            known = list(map(str, grid[key]))
            raise ConfigurationError(f"{where}: the grid has no {key} {shorten(one)}.", did_you_mean(str(one), known))
    return values
