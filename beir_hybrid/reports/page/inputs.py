"""Sources: what a report is made of, read from the folders that studies, trainings and evaluations leave."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from beir_hybrid.errors import BeirHybridError, ConfigurationError, DataFormatError, MissingDataError, plural
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.models.words import quick_title
from beir_hybrid.reports.query_examples import QueryExamples, query_examples
from beir_hybrid.storage.files import is_number, read_json
from beir_hybrid.storage.records import parse_record
from beir_hybrid.studies.cell_folder import CellFolder
from beir_hybrid.studies.record import CellCost, CellRecord, StudyRecord
from beir_hybrid.studies.study_folder import CELLS, STUDY_FILE, read_study_record
from beir_hybrid.studies.trial import Trial

_EVALUATIONS = "evaluations"
_MARKS = (STUDY_FILE, "run.json", "results.json")


@dataclass(frozen=True, eq=False)
class ReportRun:
    """A model with its results.

    Attributes:
        name: What the report calls it.
        folder: Where its files are.
        evaluations: Results by the evaluation's name.
        study: Name of the study it is a cell of; empty if it is none.
        values: The cell's grid values.
        cell: Description of the cell; None if it is no cell, or has lost it.
        settings: Content of ``run.json``.
        drawn: What was drawn, as ``batches.json`` has it; empty without one.
        history: What was logged, in ``log`` of training and in ``eval`` of evaluation: a mapping for each step.
        cost: What it cost, as far as that is known.
        examples: By the evaluation's name, queries that are answered badly, where the values of queries are there.
    """

    name: str
    folder: Path
    evaluations: Mapping[str, Results]
    study: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    cell: CellRecord | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    drawn: Mapping[str, Any] = field(default_factory=dict)
    history: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    cost: CellCost = field(default_factory=CellCost)
    examples: Mapping[str, QueryExamples] = field(default_factory=dict)

    @property
    def strategy(self) -> str:
        """The strategy that it was trained with, as it was given; empty if that is not known."""
        options = self.settings.get("options")
        given = self.values.get("strategy") or (options.get("strategy") if isinstance(options, dict) else None)
        return given if isinstance(given, str) else ""


@dataclass(frozen=True)
class NotShown:
    """Cells, or a part of a run, that cannot be shown.

    Attributes:
        name: The cell's name, or how many there are.
        study: The study's; empty for a part of a run that is no cell.
        reason: Why, in a sentence.
        cells: Number of cells; 0 for a part of a run.
        error: What is wrong with its files; None if they are not damaged.
    """

    name: str
    study: str
    reason: str
    cells: int = 1
    error: BeirHybridError | None = None


@dataclass(frozen=True)
class StoredStudy:
    """A study that a report shows.

    Attributes:
        folder: Its folder.
        record: Its question and its results.
        finished: Number of finished cells.
    """

    folder: Path
    record: StudyRecord
    finished: int


@dataclass(frozen=True)
class Sources:
    """What a report is made of.

    Attributes:
        runs: The runs, in the order of the folders and of the grids.
        studies: The studies among the folders.
        failures: What failed, is not finished or is damaged.
    """

    runs: tuple[ReportRun, ...]
    studies: tuple[StoredStudy, ...] = ()
    failures: tuple[NotShown, ...] = ()


def read_sources(folders: Sequence[Path]) -> Sources:
    """Read folders of studies, trained models and evaluations, in any combination.

    Args:
        folders: What ``beir-hybrid study``, ``train`` or ``evaluate --output`` wrote.

    Raises:
        ConfigurationError: If no folder is given, or one twice, be it as a part of another.
        MissingDataError: If a folder holds none of the files looked for.
        DataFormatError: If a folder has nothing that could be shown, as its files are damaged or of another schema
            version. Where others can be shown, what is damaged is among the failures.
    """
    if not folders:
        raise ConfigurationError("No folder is given.", "Name at least one: report DIR --output report.html")
    whole = [folder.resolve() for folder in folders]
    for place, folder in enumerate(whole):
        if folder in whole[:place]:
            raise ConfigurationError(f"The folder {folders[place]} is given twice.", "Name each once.")
        if above := next((other for other in whole if _shows(other, folder)), None):
            outer = folders[whole.index(above)]
            raise ConfigurationError(
                f"The folder {folders[place]} is part of {outer}, which is given too.", "Name one of them."
            )
    runs: list[ReportRun] = []
    studies: list[StoredStudy] = []
    failures: list[NotShown] = []
    for given in folders:
        if (given / STUDY_FILE).is_file():
            study, cells, failed = _read_study(given)
            studies.append(study)
            runs += cells
            failures += failed
        else:
            own, failed = _read_run(given)
            runs += own
            failures += failed
    return Sources(_with_own_names(runs), tuple(studies), tuple(failures))


def comparison_key(results: Results) -> str:
    """Return what was evaluated: results of one key are of the same data, texts and settings."""
    texts = [results.dataset, results.passage_text, results.quick]
    evaluated = [*texts, sorted(results.data.items()), sorted(results.settings)]
    return json.dumps(evaluated, default=str)


def _shows(folder: Path, inner: Path) -> bool:
    """Return whether one folder is read with another: a cell of a study, or an evaluation in a model's folder."""
    if folder not in inner.parents:
        return False
    first, *rest = inner.relative_to(folder).parts
    if (folder / STUDY_FILE).is_file():
        return first == CELLS and bool(rest)
    return (folder / "run.json").is_file() and len(rest) == (first == _EVALUATIONS)


def _read_run(folder: Path) -> tuple[list[ReportRun], list[NotShown]]:
    if not any((folder / mark).is_file() for mark in _MARKS):
        raise MissingDataError(f"{folder} holds no {', '.join(_MARKS[:-1])} or {_MARKS[-1]}.", _advice(folder))
    name = folder.resolve().name
    if not (folder / "run.json").is_file():
        results, examples = _read_evaluation(folder)
        above = folder.resolve().parent  # an evaluation inside the folder of its model bears the model's name
        name = above.name if (above / "run.json").is_file() else name
        own = {results.dataset: examples} if examples else {}
        return [ReportRun(name, folder, {results.dataset: results}, examples=own)], []
    evaluations: dict[str, Results] = {}
    chosen: dict[str, QueryExamples] = {}
    places: dict[str, Path] = {}
    failures: list[NotShown] = []
    for path in [*sorted(folder.glob("*/results.json")), *sorted(folder.glob("evaluations/*/results.json"))]:
        inside = path.parent.relative_to(folder).as_posix()
        try:
            results, examples = _read_evaluation(path.parent)
        except BeirHybridError as error:
            failures.append(NotShown(f"{name}/{inside}", "", str(error), cells=0, error=error))
        else:
            called = path.parent.name if path.parent.name not in evaluations else inside
            evaluations[called], places[called] = results, path.parent
            chosen |= {called: examples} if examples else {}
    if not evaluations:
        _raise_first(failures)
    return _apart(_with_training(ReportRun(name, folder, evaluations, examples=chosen)), places), failures


def _read_evaluation(folder: Path, trial: Trial | None = None) -> tuple[Results, QueryExamples | None]:
    """Read an evaluation whose numbers agree, and examples of its queries instead of their values."""
    results = Results.load(folder, values=True)
    return replace(results, values=None), query_examples(results, folder, trial)


def _apart(run: ReportRun, places: Mapping[str, Path]) -> list[ReportRun]:
    """Make evaluations of the same data, texts and settings runs of their own, each with a name of its own.

    They are one model's, searched by an index or otherwise: no seeds. The training stays with the run itself.
    """
    times = Counter(comparison_key(results) for results in run.evaluations.values())
    alone = {name: one for name, one in run.evaluations.items() if times[comparison_key(one)] == 1}
    twins = [
        ReportRun(f"{run.name}/{name}", places[name], {name: one}, settings=run.settings, examples=run.examples)
        for name, one in run.evaluations.items()
        if name not in alone
    ]
    return [replace(run, evaluations=alone), *twins]


def _advice(folder: Path) -> str:
    if not folder.is_dir():
        return "Give a folder that beir-hybrid study, train or evaluate --output wrote."
    inside = sorted(path.name for path in folder.iterdir() if any((path / mark).is_file() for mark in _MARKS))
    if inside:
        return (
            f"Its folders do: give {', '.join(str(folder / name) for name in inside[:3])}{' ...' * (len(inside) > 3)}"
        )
    return "Give a folder that beir-hybrid study, train or evaluate --output wrote."


def _with_training(run: ReportRun) -> ReportRun:
    """Add what a training left in the run's folder."""
    fix = "Train again."
    files = {name: run.folder / f"{name}.json" for name in ("run", "batches", "training", "history", "cost")}
    stored = {name: read_json(path, fix, schema=1) if path.is_file() else {} for name, path in files.items()}
    logs = {name: stored["history"].get(name) or [] for name in ("log", "eval")}
    for name, rows in logs.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise DataFormatError(f"{files['history']}: {name} is not a list of steps.", fix)
    drawn, training = _checked_drawn(stored["batches"].get("drawn", {}), files["batches"]), stored["training"]
    known = {"steps": training.get("steps"), "seconds": {"train": training.get("seconds")}}
    cost = {
        **known,
        "examples": drawn.get("all_examples", drawn.get("examples")),
        **{name: value for name, value in stored["cost"].items() if value is not None},
    }
    where = str(files["cost" if stored["cost"] else "training"])
    return replace(
        run,
        settings=stored["run"],
        drawn=drawn,
        history=logs,
        cost=parse_record(cost, CellCost, where, fix),
    )


def _checked_drawn(drawn: Any, path: Path) -> Mapping[str, Any]:
    if not drawn:
        return {}
    counts = [drawn.get(name) for name in ("pairs", "kinds", "sources")] if isinstance(drawn, dict) else [None]
    if not all(isinstance(count, dict) and all(map(is_number, count.values())) for count in counts):
        raise DataFormatError(f"{path} does not say what was drawn.", "Train again.")
    return dict(drawn)


def _read_study(folder: Path) -> tuple[StoredStudy, list[ReportRun], list[NotShown]]:
    record = read_study_record(folder)
    record = replace(record, name=quick_title(record.name or folder.resolve().name, record.quick))
    cells = [CellFolder(folder / CELLS / cell) for cell in record.cells]
    runs, failures = _read_cells(cells, record.name)
    if not runs:
        _raise_first(failures)
        raise MissingDataError(f"{folder} holds no finished cell (cells/*/done.json).", "Run the study first.")
    return StoredStudy(folder, record, sum(cell.state() == "finished" for cell in cells)), runs, failures


def _read_cells(cells: Sequence[CellFolder], study: str) -> tuple[list[ReportRun], list[NotShown]]:
    """Read a study's cells: those to show, and the others with the reason."""
    runs: list[ReportRun] = []
    failures: list[NotShown] = []
    not_started = 0
    for cell in cells:
        name = cell.path.name
        try:
            described = cell.record() if cell.described.is_file() else None
            name = described.name if described else name
            state = cell.state()
            if state == "finished":
                runs.append(_read_cell(cell, name, study, described))
            elif state == "failed" or described:
                failures.append(NotShown(name, study, str(cell.failure()) if state == "failed" else "Not finished."))
            else:
                not_started += 1
        except BeirHybridError as error:
            failures.append(NotShown(name, study, str(error), error=error))
    if not_started:
        failures.append(NotShown(plural(not_started, "cell"), study, "Not started.", not_started))
    return runs, failures


def _raise_first(failures: Sequence[NotShown]) -> None:
    """Raise the first error of damaged files, if there is one."""
    for failure in failures:
        if failure.error is not None:
            raise failure.error


def _read_cell(cell: CellFolder, name: str, study: str, described: CellRecord | None) -> ReportRun:
    folders = sorted(path.parent for path in cell.path.glob("evaluations/*/results.json"))
    trials = {trial.name: trial for trial in described.config.evaluations} if described else {}
    read = {folder.name: _read_evaluation(folder, trials.get(folder.name)) for folder in folders}
    run = ReportRun(
        name,
        cell.path,
        {name: results for name, (results, _) in read.items()},
        study,
        described.values if described else {},
        described,
        examples={name: examples for name, (_, examples) in read.items() if examples},
    )
    return _with_training(run)


def _with_own_names(runs: Sequence[ReportRun]) -> tuple[ReportRun, ...]:
    """Rename runs of the same name: after their study if that suffices, or else after their folder as it was given."""

    def renamed(run: ReportRun, times: Counter[str], by_study: bool) -> ReportRun:
        if times[run.name] == 1:
            return run
        return replace(run, name=f"{run.study}: {run.name}" if by_study and run.study else str(run.folder))

    for by_study in (True, False):
        times = Counter(run.name for run in runs)
        runs = [renamed(run, times, by_study) for run in runs]
    return tuple(runs)
