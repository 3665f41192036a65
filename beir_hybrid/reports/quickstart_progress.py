"""Progress of the quickstart: a bar for each step in a terminal, a line for each elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from beir_hybrid.reports.models.words import duration
from beir_hybrid.verbosity import is_quiet


class QuickstartProgress:
    """Shows what is being done, and how long what is done took.

    Args:
        screen: Console to print on.
    """

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._quiet = is_quiet()  # before the hosts are made so
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"))
        hidden = self._quiet or not screen.is_terminal
        self._bar = Progress(*columns, TimeRemainingColumn(), console=screen, transient=True, disable=hidden)
        self._task = self._bar.add_task("Loading the libraries", total=None)
        self._begun = time.perf_counter()
        self._title = ""

    def __enter__(self) -> QuickstartProgress:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def __call__(self, title: str, done: int, total: int) -> None:
        """Show how far something is, and a line once it is done."""
        if title != self._title:
            self._title = title
            self._bar.reset(self._task, description=title, total=total)
        self._bar.update(self._task, completed=done)
        if done == total:
            now = time.perf_counter()
            if not self._quiet:
                self._screen.print(f"{title}: {duration(now - self._begun)}", highlight=False)
            self._begun = now
