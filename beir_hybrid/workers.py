"""Workers: who does the tasks of a large piece of work, in this process or on a cluster."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar

from beir_hybrid.errors import ConfigurationError, PluginError, shorten
from beir_hybrid.registry import CLUSTERS
from beir_hybrid.registry.companions import missing_companion
from beir_hybrid.registry.origin import describe_type

Task = TypeVar("Task")
Result = TypeVar("Result")

DEFAULT = "ray"
"""The cluster that an address without a name is one of."""


class Workers(ABC):
    """Processes that do tasks, each of them once, in any order.

    Close them, or use them as a context manager.
    """

    @property
    @abstractmethod
    def count(self) -> int:
        """How many tasks are done at the same time, at least 1."""

    @abstractmethod
    def run(
        self,
        work: Callable[[Task], Result],
        tasks: Sequence[Task],
        *,
        weights: Sequence[float] | None = None,
        advance: Callable[[float], object] | None = None,
    ) -> Iterator[tuple[int, Result]]:
        """Do tasks, and yield their results as they are finished.

        A task is done again where its worker dies. Results wait while the caller is busy, and no more than a few tasks
        a worker are done ahead of it. If the caller stops early, nothing is left running.

        Args:
            work: What does a task; it can be pickled. A worker unpickles it once and keeps it, so that what takes long
                to load belongs in a ``functools.cached_property`` of it.
            tasks: What is passed to it, which can be pickled and is small, such as a path and a number. Messages show
                a task by its ``repr``.
            weights: What each task costs, in any unit; None for 1 each.
            advance: Is called with the weight of every task that is finished, for a progress bar.

        Yields:
            Number of the task, from 0 on, and its result, which is small as well; arrays in it may be read-only.

        Raises:
            BeirHybridError: If a task raises one: the same.
            WorkerError: If a worker cannot do a task, or every one that tries dies.
        """

    def close(self) -> None:  # noqa: B027  # nothing to do where nothing was started
        """End what was started; nothing more can be run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class LocalWorkers(Workers):
    """This process, which does one task after another.

    Examples:
        >>> list(LocalWorkers().run(str.upper, ["one", "two"]))
        [(0, 'ONE'), (1, 'TWO')]
    """

    @property
    def count(self) -> int:
        """One."""
        return 1

    def run(
        self,
        work: Callable[[Task], Result],
        tasks: Sequence[Task],
        *,
        weights: Sequence[float] | None = None,
        advance: Callable[[float], object] | None = None,
    ) -> Iterator[tuple[int, Result]]:
        """Do tasks in their order; what they raise is not changed."""
        for number, task in enumerate(tasks):
            result = work(task)
            if advance is not None:
                advance(1 if weights is None else weights[number])
            yield number, result


def open_workers(cluster: str | None, workers: int | None = None, *, gpus: float | None = None) -> Workers:
    """Open what the options ``--cluster`` and ``--workers`` name.

    Args:
        cluster: None for this process; else an address as the plug-in for Ray takes it (``local``, ``auto``,
            ``HOST:6379``), or ``NAME:ADDRESS`` for another plug-in.
        workers: How many workers; None for as many as the plug-in thinks fit.
        gpus: GPUs of each worker; None for one where the cluster has GPUs.

    Raises:
        ConfigurationError: If there is no cluster for the workers.
        PluginError: If no plug-in for the cluster is installed, or it fails.
        WorkerError: If the cluster cannot be reached.

    Examples:
        >>> with open_workers(None) as workers:
        ...     workers.count
        1
    """
    if cluster is None:
        if workers is not None:
            raise ConfigurationError(f"--workers is {workers}, and no cluster is given.", "Give --cluster local, too.")
        return LocalWorkers()
    name, address = split_address(cluster)
    if name not in CLUSTERS.names():
        needed, fix = missing_companion(CLUSTERS.group, name)
        raise PluginError(f"The cluster {shorten(cluster)} {needed}", fix)
    opener, origin = CLUSTERS.get(name), CLUSTERS.origin(name)
    with origin.blamed("opening it"):
        opened = opener(address, workers=workers, gpus=gpus)
    if not isinstance(opened, Workers):
        raise origin.refusal(f"it opens {describe_type(opened)}.", "It must return a beir_hybrid.workers.Workers")
    return opened


def gpus_for(devices: str | Sequence[str] | None) -> int | None:
    """Return how many GPUs each worker needs for its devices.

    Args:
        devices: Such as ``cpu`` or ``cuda:1``; None for a GPU where there is one.

    Returns:
        None if it is not decided, as :func:`open_workers` takes it.

    Examples:
        >>> gpus_for("cpu"), gpus_for(["cuda:0", "cuda:1"]), gpus_for(None)
        (0, 2, None)
    """
    names = (devices,) if isinstance(devices, str) else devices or ()
    return sum(name.startswith("cuda") for name in names) if names else None


def split_address(cluster: str) -> tuple[str, str]:
    """Split what ``--cluster`` names into the name of the plug-in and the address for it.

    Args:
        cluster: ``NAME:ADDRESS``, a URL whose scheme is the name, or an address for the plug-in for Ray.

    Examples:
        >>> split_address("auto"), split_address("head:6379"), split_address("ray://head:10001")
        (('ray', 'auto'), ('ray', 'head:6379'), ('ray', 'ray://head:10001'))
    """
    name, colon, address = cluster.partition(":")
    if not colon or name not in CLUSTERS.names():
        return DEFAULT, cluster
    return name, cluster if address.startswith("//") else address


def processors() -> int:
    """Return how many threads compute: one for each processor, or as many as ``OMP_NUM_THREADS`` allows.

    Clusters set that for workers that share a machine, or let a process run on some processors only.
    """
    allowed = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, int(allowed)) if allowed.isdecimal() and int(allowed) else count
