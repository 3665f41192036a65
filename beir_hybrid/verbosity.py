"""Verbosity: how much is said on the way, in log messages and progress bars."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm
    from transformers import Trainer

_LOGGER = logging.getLogger("beir_hybrid")


def set_verbosity(*, quiet: bool = False, verbose: bool = False) -> None:
    """Log to stderr, as all commands do.

    Args:
        quiet: Whether to log warnings and errors only, and to show no progress bar.
        verbose: Whether to log this package's details and what the hosts log for information, too.
    """
    logging.basicConfig(format="%(levelname)s: %(message)s")
    logging.getLogger().setLevel(logging.INFO if verbose else logging.WARNING)
    if quiet:
        os.environ.setdefault("TQDM_DISABLE", "1")  # which tqdm reads when it is imported: for the hosts' own bars
    _LOGGER.setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)


def is_quiet() -> bool:
    """Return whether this package logs warnings and errors only, as :func:`set_verbosity` sets it."""
    return _LOGGER.level == logging.WARNING


def progress_bar(iterable: Iterable[Any] | None = None, *, show: bool | None, **options: Any) -> tqdm[Any]:
    """Make a progress bar on stderr, which stays hidden where :func:`is_quiet`.

    Args:
        iterable: What to iterate over; None for a bar that its ``update`` moves.
        show: Whether to show it; None for only in a terminal.
        **options: Options of ``tqdm``.
    """
    from tqdm import tqdm

    hidden = True if is_quiet() else None if show is None else not show
    bar: tqdm[Any] = tqdm(iterable, disable=hidden, **options)
    return bar


@contextmanager
def progress(title: str, show: bool) -> Iterator[Callable[[float], object]]:
    """Show a progress bar over shares of a whole, with the time left.

    Yields:
        A function to call with each share that is done, from 0 to 1.
    """
    form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
    with progress_bar(show=show, total=100, desc=title, bar_format=form) as bar:
        yield lambda share: bar.update(min(100 * share, 100 - bar.n))  # the shares' sum may be rounded up


@contextmanager
def quiet_hosts() -> Iterator[None]:
    """Log warnings and errors only, and show no progress bar, neither this package's nor the hosts', for a while."""
    from tqdm.std import tqdm

    shown: Any = tqdm.__init__

    def hidden(bar: tqdm[Any], *arguments: Any, **options: Any) -> None:
        shown(bar, *arguments, **options | {"disable": True})

    level = _LOGGER.level
    _LOGGER.setLevel(logging.WARNING)
    bars: Any = tqdm
    bars.__init__ = hidden  # TQDM_DISABLE is read only when tqdm is imported
    try:
        yield
    finally:
        _LOGGER.setLevel(level)
        bars.__init__ = shown


def quieten_trainer(trainer: Trainer) -> None:
    """Let a Trainer show neither a progress bar nor its losses, where :func:`is_quiet`; its logs are kept."""
    from transformers import PrinterCallback, ProgressCallback

    for callback in (ProgressCallback, PrinterCallback) if is_quiet() else ():
        trainer.remove_callback(callback)
