"""MixedBatchSampler: a mixed plan in the form that sentence-transformers' Trainer takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.utils.data import ConcatDataset

from beir_hybrid.batching.mixed import MixedPlan

if TYPE_CHECKING:
    from datasets import Dataset


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
        starts = np.cumsum([0, *map(len, datasets.values())]).tolist()
        self._starts = dict(zip(datasets, starts, strict=False))
        super().__init__(ConcatDataset(datasets.values()), plan.batch_size, drop_last=True, seed=plan.seed)

    def __len__(self) -> int:
        """Batches per epoch over all processes, exactly."""
        return len(self.plan) * self.plan.world_size

    def __iter__(self) -> Iterator[list[int]]:
        for step in range(len(self.plan)):
            name, batches = self.plan.rows(self.epoch, step)
            for rows in batches:
                yield [self._starts[name] + row for row in rows]
