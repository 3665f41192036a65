"""Sources: what a report is made of, read from the folders that studies, trainings and evaluations leave."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.verdict_rows import Verdict, read_verdicts

__all__ = ["Failure", "Run", "Sources", "Study", "read_sources"]

SCHEMA = 1
_MARKS = ("study.json", "run.json", "results.json")


@dataclass(frozen=True, eq=False)
class Run:
    """A model and what was found about it.

    Attributes:
        name: What the report calls it.
        folder: Where its files are.
        evaluations: Results by the evaluation's name.
        study: Name of the study it is a cell of; empty if it is none.
        values: The cell's grid values.
        cell: Content of ``cell.json``; empty if it is no cell.
        settings: Content of ``run.json``.
        drawn: What was drawn, as ``batches.json`` has it; empty without one.
        history: What was logged, in ``log`` of training and in ``eval`` of evaluation: a mapping for each step.
        cost: Seconds, steps, examples, tokens, memory and FLOPs, as far as they are known.
    """

    name: str
    folder: Path
    evaluations: Mapping[str, Results]
    study: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    cell: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    drawn: Mapping[str, Any] = field(default_factory=dict)
    history: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    cost: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """A cell that has no results.

    Attributes:
        name: The cell's name.
        study: The study's.
        reason: Why, in a sentence.
    """

    name: str
    study: str
    reason: str


@dataclass(frozen=True)
class Study:
    """A study's question and answers.

    Attributes:
        name: Its name.
        question: What it asks.
        folder: Where it is.
        verdicts: Its answers; none before it has ended.
        answer: All of them in a sentence.
        remarks: What could not be judged and why, in sentences.
        cells: Number of cells of its grid.
        finished: Number of cells that are finished.
    """

    name: str
    question: str
    folder: Path
    verdicts: tuple[Verdict, ...]
    answer: str
    remarks: tuple[str, ...]
    cells: int
    finished: int


@dataclass(frozen=True)
class Sources:
    """What a report is made of.

    Attributes:
        runs: The runs, in the order of the folders and of the grids.
        studies: The studies among the folders.
        failures: Cells that failed or are not finished.
    """

    runs: tuple[Run, ...]
    studies: tuple[Study, ...] = ()
    failures: tuple[Failure, ...] = ()


def read_sources(folders: Sequence[Path]) -> Sources:
    """Read folders of studies, trained models and evaluations, in any mixture.

    Args:
        folders: What ``beir-hybrid study``, ``train`` or ``evaluate --output`` wrote.

    Raises:
        ConfigurationError: If no folder is given, or one twice.
        MissingDataError: If a folder holds none of the files looked for.
        DataFormatError: If a file is damaged or of another schema version.
    """
    if not folders:
        raise ConfigurationError("No folder is given.", "Name at least one: report DIR --output report.html")
    whole = [folder.resolve() for folder in folders]
    for place, folder in enumerate(whole):
        if folder in whole[:place]:
            raise ConfigurationError(f"The folder {folders[place]} is given twice.", "Give each once.")
    runs: list[Run] = []
    studies: list[Study] = []
    failures: list[Failure] = []
    for given in folders:
        if (given / "study.json").is_file():
            study, cells, failed = _read_study(given)
            studies.append(study)
            runs += cells
            failures += failed
        else:
            runs.append(_read_run(given))
    return Sources(_with_own_names(runs), tuple(studies), tuple(failures))


def _read_run(folder: Path) -> Run:
    if not any((folder / mark).is_file() for mark in _MARKS):
        raise MissingDataError(f"{folder} holds no {', '.join(_MARKS[:-1])} or {_MARKS[-1]}.", _advice(folder))
    if not (folder / "run.json").is_file():
        results = _results(folder)
        above = folder.resolve().parent  # an evaluation inside the folder of its model bears the model's name
        name = above.name if (above / "run.json").is_file() else folder.resolve().name
        return Run(name, folder, {results.dataset: results})
    inside = sorted([*folder.glob("*/results.json"), *folder.glob("evaluations/*/results.json")])
    evaluations = {path.parent.name: _results(path.parent) for path in inside}
    return _with_training(Run(folder.resolve().name, folder, evaluations))


def _advice(folder: Path) -> str:
    if not folder.is_dir():
        return "Give a folder that beir-hybrid study, train or evaluate --output wrote."
    inside = sorted(path.name for path in folder.iterdir() if any((path / mark).is_file() for mark in _MARKS))
    if inside:
        return (
            f"Its folders do: give {', '.join(str(folder / name) for name in inside[:3])}{' ...' * (len(inside) > 3)}"
        )
    return "Give a folder that beir-hybrid study, train or evaluate --output wrote."


def _with_training(run: Run) -> Run:
    """Add what a training left in the run's folder."""
    batches = _read(run.folder / "batches.json", optional=True)
    training = _read(run.folder / "training.json", optional=True)
    history = _read(run.folder / "history.json", optional=True)
    cost = _read(run.folder / "cost.json", optional=True)
    logs = {name: history.get(name) or [] for name in ("log", "eval")}
    for name, rows in logs.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise DataFormatError(f"{run.folder / 'history.json'}: {name} is no list of steps.", "Train again.")
    drawn = batches.get("drawn", {})
    known = {"steps": training.get("steps"), "seconds": {"train": training.get("seconds")}}
    known["examples"] = drawn.get("examples") if isinstance(drawn, dict) else None
    return replace(
        run,
        settings=_read(run.folder / "run.json", optional=True),
        drawn=_checked_drawn(drawn, run.folder / "batches.json"),
        history=logs,
        cost={**known, **{name: value for name, value in cost.items() if value is not None}},
    )


def _checked_drawn(drawn: Any, path: Path) -> Mapping[str, Any]:
    if not drawn:
        return {}
    counts = [drawn.get(name) for name in ("pairs", "kinds", "sources")] if isinstance(drawn, dict) else [None]
    if not all(isinstance(count, dict) and all(map(_is_number, count.values())) for count in counts):
        raise DataFormatError(f"{path} does not tell what was drawn.", "Train again.")
    return dict(drawn)


def _read_study(folder: Path) -> tuple[Study, list[Run], list[Failure]]:
    content = _read(folder / "study.json")
    name = str(content.get("name") or folder.resolve().name)
    cells = content.get("cells", [])
    if not isinstance(cells, list) or not all(isinstance(cell, str) and Path(cell).name == cell for cell in cells):
        raise DataFormatError(f"{folder / 'study.json'} has no list of cells.", "Run the study again.")
    runs: list[Run] = []
    failures: list[Failure] = []
    for cell in cells:
        path = folder / "cells" / cell
        described = _read(path / "cell.json", optional=True)
        called = str(described.get("name") or cell)
        if not (path / "done.json").is_file():
            failed = _read(path / "failed.json", optional=True)
            reason = f"{failed.get('error', '')} {failed.get('hint') or ''}".strip() if failed else "Not finished."
            failures.append(Failure(called, name, reason))
            continue
        evaluations = {
            path.parent.name: _results(path.parent) for path in sorted(path.glob("evaluations/*/results.json"))
        }
        values = described.get("values")
        run = Run(called, path, evaluations, name, values if isinstance(values, dict) else {})
        runs.append(replace(_with_training(run), cell=described))
    if not runs:
        raise MissingDataError(f"{folder} holds no finished cell (cells/*/done.json).", "Run the study first.")
    verdicts = read_verdicts(content, folder / "study.json")
    remarks = tuple(map(str, content.get("remarks") or ()))
    texts = [str(content.get(word) or "") for word in ("question", "answer")]
    study = Study(name, texts[0], folder, verdicts, texts[1], remarks, len(cells), len(runs))
    return study, runs, failures


def _results(folder: Path) -> Results:
    results = Results.load(folder)
    path = folder / "results.json"
    tables: list[tuple[str, Any]] = [("passages", {"": results.passages})]
    tables += [("scores", results.scores), ("settings", results.settings)]
    for name, table in tables:
        rows = list(table.values()) if isinstance(table, dict) else [None]
        wrong = [row for row in rows if not isinstance(row, dict)]
        wrong += [value for row in rows if isinstance(row, dict) for value in row.values() if not _is_number(value)]
        if wrong:
            raise DataFormatError(f"{path} has {wrong[0]!r} among its {name}.", "Evaluate again.")
    intervals = [bounds for kinds in results.intervals.values() for bounds in kinds.values()]
    for pair in (pair for bounds in intervals for pair in bounds.values()):
        if not (isinstance(pair, list) and len(pair) == 2 and all(map(_is_number, pair))):
            raise DataFormatError(f"{path} has the interval {pair!r}.", "Evaluate again.")
    return results


def _read(path: Path, optional: bool = False) -> dict[str, Any]:
    """Read a JSON object of our schema version; empty if it may be missing and is."""
    if optional and not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataFormatError(f"{path} cannot be read: {error}.", "Make it again.") from error
    version = content.get("schema", SCHEMA) if isinstance(content, dict) else None
    if version != SCHEMA:
        raise DataFormatError(f"{path} is not of schema version {SCHEMA}.", "Make it again with this version.")
    return dict(content)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _with_own_names(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Tell runs of the same name apart: by their study if that does, or else by their folder as it was given."""

    def renamed(run: Run, times: Counter[str], by_study: bool) -> Run:
        if times[run.name] == 1:
            return run
        return replace(run, name=f"{run.study}: {run.name}" if by_study and run.study else str(run.folder))

    for by_study in (True, False):
        times = Counter(run.name for run in runs)
        runs = [renamed(run, times, by_study) for run in runs]
    return tuple(runs)
