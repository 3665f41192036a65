"""Study: a question, the trainings and evaluations that answer it, and the claims to judge."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from beir_hybrid.document import Document, as_list, read_document
from beir_hybrid.errors import BeirHybridError, ConfigurationError, shorten
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.settings import KINDS
from beir_hybrid.studies.claim import LANGUAGES, Claim
from beir_hybrid.studies.expectation import read_expectation
from beir_hybrid.studies.expected import read_expected
from beir_hybrid.studies.record import PARTS
from beir_hybrid.studies.statistic import STATISTICS
from beir_hybrid.studies.trial import KEYS as TRIAL_KEYS
from beir_hybrid.studies.trial import Trial
from beir_hybrid.training.request import DECIDING

SHOWN = ("mean", *PARTS)
"""What the tables may show of an evaluation: the mean over settings, the worst setting and the standard deviation over
settings, and the means over the settings of languages that were trained on and of those that were not."""

_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_TEXTS = frozenset(DECIDING) - {"alpha", "scale", "mini_batch_size", "matryoshka"}

_KEYS = ("name", "question", "train", "grid", "evaluate", "claims", "show", "keep_models", "expected", "quick")
_QUICK = ("train", "grid", "evaluate", "claims", "show", "keep_models", "expected")
_CLAIM = ("claim", "run", "baseline", "evaluation", "kind", "measure", "languages", "statistic", "expect", "margin")


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
        """Name the parts in which another study's cells or evaluations differ from these; empty if they do not."""
        mine, yours = ((one.name, one.grid, one.train, one.trials) for one in (self, other))
        keys = ("name", "grid", "train", "evaluate")
        return [key for key, first, second in zip(keys, mine, yours, strict=True) if first != second]


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
    overrides = document.mapping("quick", known=_QUICK)
    content = {key: value for key, value in document.content.items() if key != "quick"}
    if quick:
        content.pop("expected", None)  # the full form's numbers are not the quick one's
        document = Document(document.name, content, document.lines)
        if not overrides:
            raise ConfigurationError(f"{document.name} has no section quick.", "Leave out --quick, or add one.")
        document = _overridden(document, overrides)
        content = document.content
    train, varied = (_dashed(document, key, value=document.mapping(key)) for key in ("train", "grid"))
    if "train_data" not in train and "train_data" not in varied:
        raise document.error("there is no train_data.", "Add  train_data: mlqa-r", "train")
    keep = content.get("keep_models", False)
    if not isinstance(keep, bool):
        raise document.error(f"keep_models is {shorten(keep)}.", "Write true or false.", "keep_models")
    grid, trials = _grid(document, train), _trials(document)
    read_expected(document, grid, [trial.name for trial in trials])
    return Study(
        name=_text(document, "name"),
        question=_text(document, "question"),
        train=train,
        grid=grid,
        trials=trials,
        claims=_claims(document, grid, trials),
        show=tuple(document.known(word, "table", SHOWN, "show") for word in as_list(content.get("show")) or ["mean"]),
        keep_models=keep,
        content=content,
        document=document,
        quick=quick,
    )


def _overridden(document: Document, given: Mapping[str, Any]) -> Document:
    """Put what the quick section says over the rest, lines too."""
    content = {key: value for key, value in document.content.items() if key != "quick"}
    lines = dict(document.lines)
    for key, value in given.items():
        merged = isinstance(value, dict) and isinstance(content.get(key), dict)
        if merged:
            both = _dashed(document, key, value=content[key]) | _dashed(document, "quick", key, value=value)
            content[key] = {name: one for name, one in both.items() if one is not None}
        else:
            content[key] = value
            lines = {keys: line for keys, line in lines.items() if keys[0] != key}
        below = {keys[1:]: line for keys, line in document.lines.items() if keys[:2] == ("quick", key)}
        lines |= {keys: line for keys, line in below.items() if not (merged and len(keys) == 1)}
    return Document(document.name, content, lines)


def _dashed(document: Document, *keys: str | int, value: Mapping[str, Any]) -> dict[str, Any]:
    """Spell options with underscores, as the command line takes either, and numbers as numbers."""
    options: dict[str, Any] = {}
    for key, one in value.items():
        name = key.replace("-", "_")
        if name in options:
            raise document.error(f"{name} is given twice, with a dash and without.", "Give it once.", *keys)
        options[name] = _number(name, one)
    return options


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


def _text(document: Document, key: str) -> str:
    value = document.content.get(key)
    if not isinstance(value, str) or not value.strip():
        raise document.error(f"{key} is {shorten(value)}.", f"Write a text:  {key}: ...", key)
    return " ".join(value.split())


def _grid(document: Document, train: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    grid: dict[str, tuple[Any, ...]] = {}
    for key, values in document.mapping("grid").items():
        name, place = key.replace("-", "_"), ("grid", key)
        if not isinstance(values, list):
            raise document.error(f"{key} must be a list, not {shorten(values)}.", f"Write  {key}: [{values}]", *place)
        if not values:
            raise document.error(f"{key} has no value, so the grid has no cell.", "Give at least one.", *place)
        values = _number(name, values)
        if any(value in values[:number] for number, value in enumerate(values)):
            raise document.error(f"{key} has a value twice.", "Give each value once.", *place)
        if name in train and not (name == "languages" and all(type(value) is int for value in values)):
            raise document.error(f"{key} is in train as well.", "Give it in one of the two.", *place)
        grid[name] = tuple(values)
    return grid


def _trials(document: Document) -> tuple[Trial, ...]:
    entries = document.content.get("evaluate")
    if not isinstance(entries, list) or not entries:
        fix = "Give a list:  evaluate: [{dataset: xquad-r}]"
        raise document.error(f"evaluate is {shorten(entries)}.", fix, "evaluate")
    trials: dict[str, Trial] = {}
    for number in range(len(entries)):
        place = ("evaluate", number)
        entry = document.mapping(*place, known=TRIAL_KEYS)
        datasets = as_list(entry.get("dataset"))
        if len(datasets) != 1 and "name" in entry:
            raise document.error(f"one name for {len(datasets)} datasets.", "Leave out the name.", *place)
        if not datasets:
            raise document.error("an evaluation has no dataset.", "Add  dataset: xquad-r", *place)
        for dataset in datasets:
            try:
                trial = Trial.from_entry({**entry, "dataset": dataset})
            except BeirHybridError as error:
                raise document.error(error.problem, error.fix, *place) from error
            if trial.name in trials:
                raise document.error(f"two evaluations are named {trial.name}.", "Add  name: ANOTHER", *place)
            trials[trial.name] = trial
    return tuple(trials.values())


def _claims(document: Document, grid: Mapping[str, tuple[Any, ...]], trials: Sequence[Trial]) -> tuple[Claim, ...]:
    entries = document.content.get("claims") or []
    if not isinstance(entries, list):
        raise document.error("claims must be a list.", "Write  - run: {...}", "claims")
    known = {trial.name: trial for trial in trials}
    return tuple(claim for number in range(len(entries)) for claim in _claims_of(document, number, grid, known))


def _claims_of(
    document: Document, number: int, grid: Mapping[str, tuple[Any, ...]], trials: Mapping[str, Trial]
) -> Iterator[Claim]:
    """Read an entry of the claims: a claim for each evaluation, run and baseline."""
    place = ("claims", number)
    entry = document.mapping(*place, known=_CLAIM)
    for key in ("run", "baseline", "measure"):
        if not entry.get(key):
            raise document.error(f"the claim has no {key}.", f"Add  {key}: ...", *place)
    asked = [document.known(str(name), "evaluation", trials, *place) for name in as_list(entry.get("evaluation"))]
    kinds = tuple(document.known(str(kind), "kind", KINDS, *place) for kind in as_list(entry.get("kind")))
    measures = tuple(map(str, as_list(entry["measure"])))
    languages, statistic = (
        document.known(entry.get(key, words[0]), key, words, *place, key)
        for key, words in (("languages", LANGUAGES), ("statistic", STATISTICS))
    )
    for measure in measures:
        if statistic == "worst" and printed(measure).higher_is_better is None:
            problem = f"{measure} has no worst value, being neither better when higher nor when lower."
            raise document.error(problem, "Take another measure, or another statistic.", *place)
    expect, margins = read_expectation(document, place, measures, statistic)
    runs, baselines = (
        [_side(document, {**grid, "evaluation": tuple(trials)}, number, side, value) for value in as_list(entry[side])]
        for side in ("run", "baseline")
    )
    text = " ".join(str(entry.get("claim") or "").split())
    of_sides = "evaluation" in runs[0]
    for name, run, baseline in product([""] if of_sides else asked or trials, runs, baselines):
        _check_sides(document, number, run, baseline)
        sides = [trials[side["evaluation"]] for side in (run, baseline) if of_sides]
        where = _common_data(document, number, sides, asked) if of_sides else name
        yield Claim(text, run, baseline, where, kinds or None, measures, languages, statistic, expect, margins)


def _common_data(document: Document, number: int, sides: Sequence[Trial], asked: Sequence[str]) -> str:
    """Name the data of two evaluations that a claim compares; refuse those of different ones."""
    if asked:
        problem = "evaluations are named in the claim as well as in run and baseline."
        raise document.error(problem, "Name them in one place.", "claims", number)
    run, baseline = sides
    alike: dict[str, Any] = {"name": run.name, "measures": None, "batch_size": 1, "debias": None, "debias_on": None}
    if replace(run, **alike) != replace(baseline, **alike):
        problem = f"{run.name} and {baseline.name} are not of the same data and settings."
        raise document.error(problem, "Compare evaluations that differ in debias alone.", "claims", number)
    return Path(run.dataset).name


def _check_sides(document: Document, number: int, run: Mapping[str, Any], baseline: Mapping[str, Any]) -> None:
    """Refuse sides that are the same, or that no two cells fit: what a claim leaves open must be equal in both."""
    if run == baseline:
        raise document.error("run and baseline are the same.", "Change one of them.", "claims", number)
    if run.keys() != baseline.keys():
        keys = f"run gives {' and '.join(run)}, baseline gives {' and '.join(baseline)}."
        raise document.error(keys, "Give values of the same keys in both.", "claims", number)


def _side(
    document: Document, grid: Mapping[str, tuple[Any, ...]], number: int, side: str, value: Any
) -> dict[str, Any]:
    """Check one side of a claim against the grid."""
    place = ("claims", number, side)
    if not isinstance(value, dict):
        raise document.error(f"{shorten(value)} is not a grid value.", "Write  {strategy: hybrid}", *place)
    values = _dashed(document, *place, value=value)
    for key, one in values.items():
        document.known(key, "option of the grid", grid, *place)
        document.known(one, f"{key} of the grid", grid[key], *place)
    return values
