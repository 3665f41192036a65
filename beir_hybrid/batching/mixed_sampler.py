"""MixedBatchSampler: a mixed plan in the form that sentence-transformers' Trainer takes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.utils.data import ConcatDataset

from beir_hybrid.batching.mixed import MixedPlan
from beir_hybrid.pairs.examples import begin_epoch

if TYPE_CHECKING:
    from datasets import Dataset


class WholeBatches:
    """Reads all rows of a batch together, which are of one dataset; the host's own joined datasets read row by row.

    Args:
        joined: The datasets, one after the other.
    """

    def __init__(self, joined: ConcatDataset[Any]) -> None:
        self.datasets = joined.datasets
        self.stops = joined.cumulative_sizes

    def __call__(self, rows: list[int]) -> list[Any]:
        """Return the rows at their places among all."""
        place = bisect_right(self.stops, rows[0])
        start = self.stops[place - 1] if place else 0
        read: list[Any] = self.datasets[place].__getitems__([row - start for row in rows])  # type: ignore[attr-defined]  # of datasets
        return read


class MixedBatchSampler(DefaultBatchSampler):
    """Draws batches of several datasets, those of a step from one of them.

    Args:
        datasets: By the names that they have in the plan, in the order in which the Trainer joins them.
        plan: Which rows every step holds.

    Attributes:
        plan: As given.
    """

    def __init__(self, datasets: Mapping[str, Dataset], plan: MixedPlan) -> None:
        self.plan = plan
        self._datasets = datasets
        starts = np.cumsum([0, *map(len, datasets.values())]).tolist()
        self._starts = dict(zip(datasets, starts, strict=False))
        super().__init__(ConcatDataset(datasets.values()), plan.batch_size, drop_last=True, seed=plan.seed)

    def __len__(self) -> int:
        """Batches per epoch over all processes, exactly."""
        return len(self.plan) * self.plan.world_size

    def __iter__(self) -> Iterator[list[int]]:
        for dataset in self._datasets.values():
            begin_epoch(dataset, self.epoch)
        for step in range(len(self.plan)):
            name, batches = self.plan.rows(self.epoch, step)
            for rows in batches:
                yield [self._starts[name] + row for row in rows]
