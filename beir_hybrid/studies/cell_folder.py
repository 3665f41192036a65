"""CellFolder: what a cell of a study keeps on disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from beir_hybrid.errors import DataFormatError
from beir_hybrid.storage.records import read_record, write_record
from beir_hybrid.storage.run_folder import RunFolder
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.record import CellCost, CellEnd, CellRecord, Failure
from beir_hybrid.training.request import TrainingRequest

State = Literal["finished", "failed", "open"]
_FIX = "Remove its folder, and run the study again."


class CellFolder:
    """The folder of one cell: its description, its evaluations, what it cost, and how it ended.

    Args:
        path: The folder, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.described = path / "cell.json"
        self.done = path / "done.json"
        self.failed = path / "failed.json"
        self.log = path / "log.txt"
        self._cost = path / "cost.json"

    def evaluation(self, name: str) -> Path:
        """Return the folder of an evaluation."""
        return self.path / "evaluations" / name

    def state(self, keep_models: bool = False) -> State:
        """Return how far the cell is, by its files alone.

        Args:
            keep_models: Whether a finished cell must have its model.
        """
        if self.done.is_file() and (not keep_models or RunFolder(self.path).is_finished()):
            return "finished"
        return "failed" if self.failed.is_file() else "open"

    def begin(self, cell: Cell) -> None:
        """Empty the folder, and write the cell's description.

        Raises:
            OSError: If it cannot be written.
        """
        if self.path.is_dir():
            self.done.unlink(missing_ok=True)  # first, so that a half-removed cell never counts as finished
            shutil.rmtree(self.path)
        write_record(self.described, cell.record)

    def fail(self, failure: Failure) -> None:
        """Note why the cell failed; where even that cannot be written, it stays open."""
        try:
            write_record(self.failed, failure)
        except OSError:
            return

    def finish(self, cost: CellCost, seconds: float) -> None:
        """Note what the cell cost, and then that it is finished.

        Raises:
            OSError: If it cannot be written.
        """
        write_record(self._cost, cost)
        write_record(self.done, CellEnd(round(seconds, 3)))

    def record(self) -> CellRecord:
        """Read the cell's description.

        Raises:
            MissingDataError: If there is none.
            BeirHybridError: If it is damaged, or of another schema version.
        """
        return read_record(self.described, CellRecord, _FIX)

    def cell(self) -> Cell:
        """Read the cell; see :meth:`record`."""
        record = self.record()
        config = record.config
        try:
            request = TrainingRequest.from_options(config.options, config.arguments)
        except (LookupError, TypeError) as error:
            raise DataFormatError(f"{self.described} lacks or adds an option: {error}.", _FIX) from error
        return Cell(record.values, request, config.evaluations, record.languages, record.quick)

    def failure(self) -> Failure:
        """Read why the cell failed; see :meth:`record`."""
        return read_record(self.failed, Failure, _FIX)

    def cost(self) -> CellCost:
        """Read what the cell cost; see :meth:`record`."""
        return read_record(self._cost, CellCost, _FIX)

    def seconds(self) -> float | None:
        """Read the seconds that the cell took, None if they are unknown; see :meth:`record`."""
        return read_record(self.done, CellEnd, _FIX).seconds
