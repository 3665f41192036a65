"""MixedPlan: planned batches beside those of datasets without languages, or of several plans."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from beir_hybrid.batching.mixture import PROPORTIONAL, Mixture, blocks_of
from beir_hybrid.batching.plain import PlainBatches
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.errors import ConfigurationError


class MixedPlan:
    """Which rows every step holds, where several datasets share a training: each step's batches are of one of them.

    Like :class:`~beir_hybrid.batching.plan.BatchPlan` a pure function of data, strategy, seed, epoch and step.

    Args:
        members: The datasets by name, in their order: at least one plan, all of one batch size, seed and number of
            processes.
        shares: As for :func:`~beir_hybrid.batching.mixture.blocks_of`.
        epochs: Length of the whole training in epochs, against which strategies that change measure progress.

    Attributes:
        shares: As given.
        mixture: Whose turn each step is.

    Raises:
        ConfigurationError: If there is no plan, or the shares do not fit.
    """

    def __init__(
        self,
        members: Mapping[str, BatchPlan | PlainBatches],
        shares: Mapping[str, float] | str = PROPORTIONAL,
        epochs: float = 1.0,
    ) -> None:
        self.members = dict(members)
        self.shares = shares
        self.names = tuple(members)
        planned = {name: plan for name, plan in members.items() if isinstance(plan, BatchPlan)}
        if not planned:
            names = ", ".join(map(repr, members))
            raise ConfigurationError(
                f"None of the datasets ({names}) says its languages, so there is nothing to plan.",
                "Name their columns with question_column= and passage_column=, or use the host's own Trainer.",
            )
        self.plans = tuple(planned.values())
        hold = self.sampling.hold
        lengths = {name: len(member) for name, member in members.items()}
        self.mixture = Mixture(list(lengths.values()), blocks_of(lengths, shares, planned, hold), hold)
        self._last_for(epochs)

    @property
    def extra(self) -> dict[str, PlainBatches]:
        """The datasets without languages."""
        return {name: member for name, member in self.members.items() if isinstance(member, PlainBatches)}

    @property
    def kind_names(self) -> list[str]:
        """Names of the kinds of planned batches, then of the datasets without languages."""
        return [*self.plans[0].kind_names, *self.extra]

    @property
    def strategy(self) -> Strategy:
        """The strategy of planned batches."""
        return self.plans[0].strategy

    @property
    def sampling(self) -> Sampling:
        """How sources and languages share the planned batches."""
        return self.plans[0].sampling

    @property
    def batch_size(self) -> int:
        """Examples per batch and process."""
        return self.plans[0].batch_size

    @property
    def world_size(self) -> int:
        """Number of processes."""
        return self.plans[0].world_size

    @property
    def seed(self) -> int:
        """Seed of all draws."""
        return self.plans[0].seed

    @property
    def notices(self) -> list[str]:
        """Sentences about what the data cannot serve, for the user to read once."""
        return list(chain.from_iterable(plan.notices for plan in self.plans))

    def __len__(self) -> int:
        """Steps of an epoch."""
        return len(self.mixture)

    def lasting(self, epochs: float) -> MixedPlan:
        """Return the same plan for a training of another length in epochs, above 0."""
        other = copy.copy(self)
        other._last_for(epochs)
        return other

    def identity(self) -> dict[str, Any]:
        """Return what determines the batches, as plain JSON content: two plans of equal identity draw the same."""
        planned = [(name, member) for name, member in self.members.items() if isinstance(member, BatchPlan)]
        mixture = [
            [name, steps, length]
            for name, steps, length in zip(self.names, self.mixture.blocks, self.mixture.lengths, strict=True)
        ]
        return {
            **self.plans[0].identity(),
            "epochs": self.epochs,
            "data": [[name, *source] for name, plan in planned for source in plan.identity()["data"]],
            "extra": [member.identity() for member in self.extra.values()],
            "mixture": mixture,
        }

    def turn(self, epoch: int, step: int) -> tuple[str, int, int]:
        """Return which dataset's batch a step has, its pass over the dataset and the step within the pass.

        Raises:
            IndexError: If the epoch has no such step.
        """
        turn = self.mixture.turn(epoch, step)
        return self.names[turn.member], turn.number, turn.step

    def kind_name(self, epoch: int, step: int) -> str:
        """Return the name of the kind of a step's batch; of a dataset without languages, the dataset's."""
        name, number, place = self.turn(epoch, step)
        member = self.members[name]
        return name if isinstance(member, PlainBatches) else member.kind_name(number, place)

    def rows(self, epoch: int, step: int) -> tuple[str, list[list[int]]]:
        """Return the dataset of a step, and the rows of it that each process has.

        Raises:
            IndexError: If the epoch has no such step.
            BatchError: As :meth:`~beir_hybrid.batching.plain.PlainBatches.step` does.
        """
        name, number, place = self.turn(epoch, step)
        member = self.members[name]
        if isinstance(member, PlainBatches):
            return name, member.step(number, place)
        parts = np.split(member.batch(number, place).rows, self.world_size)
        return name, [rows.tolist() for rows in parts]

    def _last_for(self, epochs: float) -> None:
        self.epochs = epochs
        for place, name in enumerate(self.names):
            member = self.members[name]
            if isinstance(member, BatchPlan):
                self.members = {**self.members, name: member.lasting(epochs * self.mixture.passes(place))}
        self.plans = tuple(member for member in self.members.values() if isinstance(member, BatchPlan))
