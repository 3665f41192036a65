"""Mixture: which of several datasets the batch of each step is drawn from."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Ints
from beir_hybrid.batching.plan import earlier_occurrences
from beir_hybrid.errors import ConfigurationError, did_you_mean, shorten

PROPORTIONAL, ROUND_ROBIN = "proportional", "round_robin"
"""The host's ways to mix: every batch of each dataset, or equally many of each."""


@dataclass(frozen=True)
class Turn:
    """Where the batch of a step comes from.

    Attributes:
        member: Place of the dataset.
        number: Pass over it, from 0.
        step: Step within the pass, from 0.
    """

    member: int
    number: int
    step: int


class Mixture:
    """Which dataset has which step: a pure function of the datasets' lengths and their shares.

    The turns are spread as evenly as can be: up to any step of an epoch, a dataset had its share of the blocks within
    one (Tijdeman, "The chairman assignment problem", 1980), so within two over any window, and within one of two
    datasets. A dataset's passes follow one another over the epochs.

    Args:
        lengths: Steps of a pass over each dataset, at least 1.
        blocks: Blocks of an epoch that each dataset has, at least 1.
        hold: Steps of a block, which are of one dataset.

    Examples:
        >>> mixture = Mixture([6, 2], blocks=[6, 2])
        >>> [mixture.turn(0, step).member for step in range(len(mixture))]
        [0, 0, 1, 0, 0, 0, 1, 0]
    """

    def __init__(self, lengths: Sequence[int], blocks: Sequence[int], hold: int = 1) -> None:
        self.hold = hold
        self.blocks = tuple(blocks)
        self.lengths = tuple(length // hold * hold or length for length in lengths)  # so that no block has two passes

    def __len__(self) -> int:
        """Steps of an epoch."""
        return sum(self.blocks) * self.hold

    def turn(self, epoch: int, step: int) -> Turn:
        """Return whose turn a step is.

        Args:
            epoch: From 0.
            step: Step within the epoch, in [0, len(self)).

        Raises:
            IndexError: If the epoch has no such step.
        """
        if not 0 <= step < len(self):
            raise IndexError(f"Step {step} is outside the epoch's {len(self)} steps.")
        block, rest = divmod(step, self.hold)
        members, earlier = self._schedule
        member = int(members[block])
        before = (epoch * self.blocks[member] + int(earlier[block])) * self.hold + rest
        return Turn(member, *divmod(before, self.lengths[member]))

    def passes(self, member: int) -> float:
        """Return how many passes over a dataset an epoch makes."""
        return self.blocks[member] * self.hold / self.lengths[member]

    @cached_property
    def _schedule(self) -> tuple[npt.NDArray[np.unsignedinteger], Ints]:
        """The dataset of every block, and how many earlier blocks are of the same one."""
        period = math.gcd(*self.blocks)
        once = np.array(_spread([count // period for count in self.blocks]), np.min_scalar_type(len(self.blocks)))
        members = np.tile(once, period)
        return members, earlier_occurrences(members)


def _spread(counts: Sequence[int]) -> list[int]:
    """Return the order of turns: each dataset has its count, spread as evenly as its share allows."""
    total, several = sum(counts), 2 * len(counts) - 2
    if len(counts) <= 2:  # the same without looking at each turn: shares rounded
        had = (2 * np.arange(total + 1) * counts[-1] + total - 1) // (2 * total)
        return [int(last) if len(counts) == 2 else 0 for last in np.diff(had)]
    given = [0] * len(counts)
    order = []
    for turn in range(1, total + 1):
        # behind its share, in turns times the total; whoever is far enough behind may have this turn
        behind = [turn * count - total * had for count, had in zip(counts, given, strict=True)]
        due = [place for place, lag in enumerate(behind) if several * lag >= total]
        first = min(due, key=lambda place: ((several - 1) * total - several * behind[place]) / counts[place])
        given[first] += 1
        order.append(first)
    return order


def blocks_of(
    lengths: Mapping[str, int],
    shares: Mapping[str, float] | str,
    leading: Collection[str],
    hold: int = 1,
) -> list[int]:
    """Return how many blocks of an epoch each dataset has.

    Args:
        lengths: Steps of a pass over each dataset, by name.
        shares: The datasets' shares of the batches up to a factor, by name: then an epoch is one pass over the leading
            datasets on average. Or :data:`PROPORTIONAL`, one pass over each; or :data:`ROUND_ROBIN`, as many of each as
            the shortest has.
        leading: Names of the datasets whose length is an epoch's; those with planned batches.
        hold: Steps of a block.

    Raises:
        ConfigurationError: If the shares are not numbers above 0, one for each dataset.

    Examples:
        >>> blocks_of({"parallel": 90, "nli": 1000}, {"parallel": 3, "nli": 1}, ["parallel"])
        [90, 30]
    """
    whole = {name: max(1, length // hold) for name, length in lengths.items()}
    if isinstance(shares, str):
        return list(whole.values()) if shares == PROPORTIONAL else [min(whole.values())] * len(whole)
    check_shares(shares, lengths)
    each = sum(whole[name] for name in leading) / sum(shares[name] for name in leading)
    return [max(1, math.floor(each * shares[name] + 0.5)) for name in lengths]


def check_shares(shares: Mapping[str, float], names: Collection[str]) -> None:
    """Raise an error for shares that are not numbers above 0, one for each name.

    Raises:
        ConfigurationError: If so.
    """
    for name, share in shares.items():
        if name not in names:
            raise ConfigurationError(f"A share is given for {name!r}, which is no dataset.", did_you_mean(name, names))
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < math.inf:
            raise ConfigurationError(
                f"The share of {name!r} is {shorten(share)}.", "Give a number above 0, or leave the dataset out."
            )
    if missing := [name for name in names if name not in shares]:
        raise ConfigurationError(
            f"The dataset {missing[0]!r} has no share.", f"Give one for each of {', '.join(names)}."
        )
