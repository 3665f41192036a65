"""WorkerSize: how many workers there are, and what each of them takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CPUS = 4
"""CPUs of a worker where neither their number is asked for nor GPUs are there."""


@dataclass(frozen=True)
class WorkerSize:
    """How many workers there are, and what each of them takes.

    Attributes:
        count: How many, at least 1.
        cpus: CPUs of each; below 1 where there are more workers than CPUs.
        gpus: GPUs of each.
    """

    count: int
    cpus: float
    gpus: float

    @property
    def threads(self) -> int:
        """Threads of each worker's libraries."""
        return max(1, int(self.cpus))


def choose_size(nodes: Sequence[tuple[float, float]], workers: int | None, gpus: float | None) -> WorkerSize:
    """Choose the number and the size of workers for a cluster, so that all of it is used.

    Args:
        nodes: CPUs and GPUs of each node.
        workers: How many workers; None for one for each GPU, or every 4 CPUs.
        gpus: GPUs of each; None for 1 if any node has one.

    Examples:
        >>> choose_size([(32, 4), (32, 4)], None, None)
        WorkerSize(count=8, cpus=8, gpus=1)
        >>> choose_size([(2, 0)], 2, None), choose_size([(2, 0)], 4, None)
        (WorkerSize(count=2, cpus=1, gpus=0), WorkerSize(count=4, cpus=0.5, gpus=0))
    """
    if gpus is None:
        gpus = 1 if any(has for _, has in nodes) else 0
    everything = sum(cpus for cpus, _ in nodes)
    if workers is None:
        workers = max(1, sum(int(has // gpus) for _, has in nodes) if gpus else int(everything // CPUS))
    for cpus in range(int(max((cpus for cpus, _ in nodes), default=0)), 0, -1):
        if fitting(nodes, cpus, gpus) >= workers:
            return WorkerSize(workers, cpus, gpus)
    return WorkerSize(workers, 1 if gpus or not everything else min(1, int(100 * everything / workers) / 100), gpus)


def fitting(nodes: Sequence[tuple[float, float]], cpus: float, gpus: float) -> int:
    """Count the workers of a size that fit a cluster.

    Args:
        nodes: CPUs and GPUs of each node.
        cpus: CPUs of a worker, above 0.
        gpus: GPUs of a worker.
    """
    return sum(int(min(has // cpus, has_gpus // gpus) if gpus else has // cpus) for has, has_gpus in nodes)


def describe_resources(cpus: float, gpus: float) -> str:
    """Say how many CPUs and GPUs there are.

    Examples:
        >>> describe_resources(1, 0), describe_resources(0.5, 1)
        ('1 CPU and 0 GPUs', '0.5 CPUs and 1 GPU')
    """
    return f"{cpus:g} CPU{'s' * (cpus != 1)} and {gpus:g} GPU{'s' * (gpus != 1)}"
