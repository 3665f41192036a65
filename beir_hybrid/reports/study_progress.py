"""Progress of a study: a bar in a terminal, a line per cell elsewhere."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from beir_hybrid.reports.models.words import duration
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.record import Failure
from beir_hybrid.verbosity import is_quiet


def checking(screen: Console) -> AbstractContextManager[object]:
    """Say in a terminal that a study is being checked, as long as that takes: seconds, since it imports the libraries.

    Args:
        screen: Console to print on.
    """
    if is_quiet() or not screen.is_terminal:
        return nullcontext()
    return screen.status("Importing the libraries and checking every cell of the study ...")


class StudyProgress:
    """Shows which cells run, how many are done, and about how long the others take.

    Args:
        screen: Console to print on.
        total: Number of the study's cells.
        finished: Number of cells that were finished before.
    """

    def __init__(self, screen: Console, total: int, finished: int) -> None:
        self._screen = screen
        self._total = total
        self._before = self._ended = finished
        self._running: dict[str, str] = {}
        counted = (TextColumn("cells"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        columns = (SpinnerColumn(), *counted, TextColumn("{task.description}"))
        self._bar = Progress(*columns, console=screen, disable=is_quiet() or not screen.is_terminal)
        self._task = self._bar.add_task("", total=total, completed=finished)

    def __enter__(self) -> StudyProgress:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def begins(self, cell: Cell) -> None:
        """Show a cell among those that run; where there is no bar, say so of those before the first ends."""
        self._running[cell.id] = cell.name
        if self._ended == self._before and not self._screen.is_terminal and not is_quiet():
            number = self._ended + len(self._running)
            self._screen.print(Text(f"cell {number} of {self._total}: {cell.name} begins"))
        self._show("")

    def ends(self, cell: Cell, failed: Failure | None, seconds: float, left: float | None) -> None:
        """Report a cell's end."""
        self._running.pop(cell.id, None)
        self._ended += 1
        state = "finished" if failed is None else f"failed ({failed.error})"
        remaining = "" if left is None or self._ended >= self._total else f"about {duration(left)} left"
        line = f"cell {self._ended} of {self._total}: {cell.name} {state} in {duration(seconds)}"
        if not is_quiet() or failed is not None:
            self._screen.print(Text("; ".join(filter(None, (line, remaining)))))
        self._show(remaining)

    def _show(self, remaining: str) -> None:
        now = ", ".join(f"[{name}]" for name in self._running.values()).replace("[", r"\[")
        self._bar.update(self._task, completed=self._ended, description="  ".join(filter(None, (now, remaining))))
