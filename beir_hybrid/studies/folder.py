"""StudyFolder: what a study keeps on disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beir_hybrid.document import Document
from beir_hybrid.errors import BeirHybridError, OutputError
from beir_hybrid.evaluation.results import load_results
from beir_hybrid.storage.files import check_output, is_number, write_json
from beir_hybrid.storage.locks import LOCK, locked
from beir_hybrid.studies.cell import CELL_FILE, DONE_FILE, FAILED_FILE, STUDY_FILE, Cell, State, read_json
from beir_hybrid.studies.study import Study, parse_study

_CELLS = "cells"


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
        """Refuse a folder that holds other things; one of cells alone is a study that lost its study.json.

        Raises:
            OutputError: If it does, or is a file, cannot be written, or holds another study: one of another name or
                grid, with other training or evaluations, or the quick form of this one. Other claims are no other
                study.
            DataFormatError: If its study.json is of another schema version, or damaged.
        """
        check_output(self.path, "folder")
        if (self.path / STUDY_FILE).is_file():
            self._check_same(read_json(self.path / STUDY_FILE))
        elif self.path.is_dir() and any(entry.name not in {_CELLS, LOCK} for entry in self.path.iterdir()):
            raise OutputError(
                f"The folder {self.path} holds other things.", "Choose an empty or new folder: --output DIR"
            )

    def _check_same(self, stored: Mapping[str, Any]) -> None:
        quick = stored.get("quick", self.study.quick)
        try:
            differences = self.study.differences(parse_study(Document(STUDY_FILE, stored["study"])))
        except (BeirHybridError, KeyError, TypeError, AttributeError):
            differences = ["content"]
        if quick != self.study.quick:
            differences = ["quick form" if quick else "full form"]
        if differences:
            mine = f"{self.study.name!r}{' in its quick form' if self.study.quick else ''}"
            raise OutputError(
                f"The folder {self.path} holds another study: {str(stored.get('name'))!r} is not {mine} "
                f"(other {', '.join(differences)}).",
                "Choose another folder: --output DIR",
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the folder from being written by two at once; a killed process holds it no longer.

        Raises:
            OutputError: If another study runs there, or the folder cannot be written.
        """
        with locked(self.path, f"the study in {self.path}"):
            yield

    def of(self, cell: Cell) -> Path:
        """Give the folder of a cell."""
        return self.path / _CELLS / cell.id

    def state(self, cell: Cell) -> State:
        """Tell how far a cell is.

        It is not finished if results of it, or the values of their queries, are missing, damaged or of another schema
        version.
        """
        state = cell.state(self.of(cell), self.study.keep_models)
        if state == "finished":
            try:
                for trial in cell.trials:
                    self._check_results(self.of(cell) / "evaluations" / trial.name)
            except (BeirHybridError, OSError):
                return "open"
        return state

    def _check_results(self, folder: Path) -> None:
        """Read an evaluation, once as long as its files stay as they are."""
        times = tuple(path.stat().st_mtime_ns for path in sorted(folder.iterdir()))
        if (folder, times) not in self._whole:
            load_results([folder])
            self._whole.add((folder, times))

    def begin(self, cell: Cell) -> Path:
        """Empty a cell's folder but for its ``cell.json``.

        Raises:
            OSError: If it cannot be written.
        """
        folder = self.of(cell)
        if folder.is_dir():
            (folder / DONE_FILE).unlink(missing_ok=True)  # first, so that a half-removed cell never counts as finished
            shutil.rmtree(folder)
        write_json(folder / CELL_FILE, cell.as_json())
        return folder

    def fail(self, cell: Cell, told: Mapping[str, str]) -> None:
        """Note why a cell failed; where even that cannot be written, it is open still."""
        try:
            write_json(self.of(cell) / FAILED_FILE, {"schema": 1, "error": told["error"], "hint": told["hint"]})
        except OSError:
            return

    def seconds(self) -> list[float]:
        """Give the seconds that each finished cell took."""
        found = []
        for cell in self.cells:
            if self.state(cell) == "finished":
                try:
                    seconds = read_json(self.of(cell) / DONE_FILE).get("seconds")
                except BeirHybridError:
                    continue
                if is_number(seconds):
                    found.append(float(seconds))
        return found

    def last_answer(self) -> dict[str, Any]:
        """Give what the study found when it was run last; empty if it was not."""
        path = self.path / STUDY_FILE
        content = read_json(path) if path.is_file() else {}
        return {key: content[key] for key in ("verdicts", "answer", "summary", "remarks") if key in content}

    def write(self, answer: Mapping[str, Any]) -> Path:
        """Write ``study.json``.

        Args:
            answer: ``verdicts`` and what else the study found; empty as long as it runs for the first time.

        Returns:
            Its path.

        Raises:
            OutputError: If it cannot be written.
        """
        path = self.path / STUDY_FILE
        content = {
            "schema": 1,
            "name": self.study.name,
            "question": self.study.question,
            "study": dict(self.study.content),
            "quick": self.study.quick,
            "cells": [cell.id for cell in self.cells],
            "verdicts": [],
            **answer,
        }
        try:
            write_json(path, content)
        except BeirHybridError:
            raise
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written: {error.strerror}.", "Make room on the disk, and run the study again."
            ) from error
        return path
