"""StudyFolder: what a study keeps on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from beir_hybrid.document import Document
from beir_hybrid.errors import BeirHybridError, DataFormatError, OutputError
from beir_hybrid.evaluation.results import load_results
from beir_hybrid.storage.files import check_output
from beir_hybrid.storage.locks import LOCK, locked
from beir_hybrid.storage.records import read_record, write_record
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.cell_folder import CellFolder, State
from beir_hybrid.studies.record import StudyRecord
from beir_hybrid.studies.study import Study, parse_study

STUDY_FILE, CELLS = "study.json", "cells"


def read_study_record(path: Path) -> StudyRecord:
    """Read the ``study.json`` of a folder.

    Raises:
        MissingDataError: If there is none.
        DataFormatError: If it is damaged, or of another schema version.
    """
    fix = "Remove the file, and run the study again."
    record = read_record(path / STUDY_FILE, StudyRecord, fix)
    if strange := next((cell for cell in record.cells if Path(cell).name != cell), None):
        raise DataFormatError(f"{path / STUDY_FILE}: cells has {strange!r}, which is not a cell's id.", fix)
    return record


def cell_folder(path: Path, cell: str) -> CellFolder:
    """Return the folder of a cell by the study's folder and the cell's id."""
    return CellFolder(path / CELLS / cell)


class StudyFolder:
    """A folder with ``study.json`` and a folder per cell.

    Args:
        path: The folder, which need not exist.
        study: The study.
        cells: Its cells.
    """

    def __init__(self, path: Path, study: Study, cells: Sequence[Cell]) -> None:
        self.path = path
        self.study = study
        self.cells = tuple(cells)
        self._whole: set[tuple[Path, tuple[int, ...]]] = set()

    def check(self) -> None:
        """Refuse a folder that holds other things; one with cells alone is a study that lost its study.json.

        Raises:
            OutputError: If it does, or is a file, cannot be written, or holds another study: one of another name or
                grid, with other training or evaluations, or the quick form of this one. A study with other claims is
                the same study.
            DataFormatError: If its study.json is of another schema version, or damaged.
        """
        check_output(self.path, "folder")
        if (self.path / STUDY_FILE).is_file():
            self._check_same(read_study_record(self.path))
        elif self.path.is_dir() and any(entry.name not in {CELLS, LOCK} for entry in self.path.iterdir()):
            raise OutputError(
                f"The folder {self.path} holds other things.", "Choose an empty or new folder: --output DIR"
            )

    def _check_same(self, stored: StudyRecord) -> None:
        try:
            differences = self.study.differences(parse_study(Document(STUDY_FILE, dict(stored.study))))
        except (BeirHybridError, TypeError, AttributeError):
            differences = ["content"]
        if stored.quick not in {None, self.study.quick}:
            differences = ["quick form" if stored.quick else "full form"]
        if differences:
            mine = f"{self.study.name!r}{' in its quick form' if self.study.quick else ''}"
            raise OutputError(
                f"The folder {self.path} holds another study: {stored.name!r} is not {mine} "
                f"(other {', '.join(differences)}).",
                "Choose another folder: --output DIR",
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing to the folder; a killed process no longer holds it.

        Raises:
            OutputError: If another study runs there, or the folder cannot be written.
        """
        with locked(self.path, f"the study in {self.path}"):
            yield

    def of(self, cell: Cell) -> CellFolder:
        """Return the folder of a cell."""
        return cell_folder(self.path, cell.id)

    def state(self, cell: Cell) -> State:
        """Return how far a cell is.

        A cell is not finished if its results, or the values of their queries, are missing, damaged or of another schema
        version.
        """
        folder = self.of(cell)
        state = folder.state(self.study.keep_models)
        if state == "finished":
            try:
                for trial in cell.trials:
                    self._check_results(folder.evaluation(trial.name))
            except (BeirHybridError, OSError):
                return "open"
        return state

    def _check_results(self, folder: Path) -> None:
        """Read an evaluation, once as long as its files stay the same."""
        times = tuple(path.stat().st_mtime_ns for path in sorted(folder.iterdir()))
        if (folder, times) not in self._whole:
            load_results([folder])
            self._whole.add((folder, times))

    def seconds(self) -> list[float]:
        """Return the seconds that each finished cell took, as far as they are known."""
        known = []
        for cell in self.cells:
            if self.state(cell) == "finished":
                with suppress(BeirHybridError):
                    known.append(self.of(cell).seconds())
        return [seconds for seconds in known if seconds is not None]

    def record(self) -> StudyRecord:
        """Return the study with its results of the last run; without results if it has not been run."""
        path = self.path / STUDY_FILE
        last = read_study_record(self.path) if path.is_file() else StudyRecord()
        ids, study = tuple(cell.id for cell in self.cells), self.study
        return replace(
            last, name=study.name, question=study.question, study=study.content, quick=study.quick, cells=ids
        )

    def write(self, record: StudyRecord) -> None:
        """Write ``study.json``.

        Raises:
            OutputError: If it cannot be written.
        """
        write_record(self.path / STUDY_FILE, record)
