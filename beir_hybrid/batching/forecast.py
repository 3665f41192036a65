"""Forecast: what a training run would draw."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.batching.mixed import MixedPlan
from beir_hybrid.batching.padding import slots_per_token
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.build import strategy_spec
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.verbosity import progress_bar

_PATIENCE = 1.0  # seconds before a progress bar appears: most plans are drawn faster than one reads it


@dataclass(frozen=True)
class Part:
    """The kinds of batch in consecutive steps.

    Attributes:
        start: First step, from 0.
        stop: The step after the last.
        kinds: Batches by kind.
    """

    start: int
    stop: int
    kinds: dict[str, int]


@dataclass(frozen=True, eq=False)
class Forecast:
    """What a training run would draw.

    Attributes:
        plan: The plan it is drawn by.
        drawn: The counts.
        kinds: Shape (steps,), each step's kind as its place among the plan's ``kind_names``.
        slots_per_token: As :func:`~beir_hybrid.batching.padding.slots_per_token` estimates them.
    """

    plan: BatchPlan | MixedPlan
    drawn: DrawSummary
    kinds: npt.NDArray[np.unsignedinteger]
    slots_per_token: float | None = None

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.kinds)

    @property
    def epochs(self) -> float:
        """Number of epochs, not always whole."""
        return self.steps / len(self.plan)

    def course(self, parts: int = 10) -> list[Part]:
        """Count the kinds in equal parts of the training, whose lengths differ by a step at most.

        Args:
            parts: Number of parts, at least 1; fewer are given if there are fewer steps.
        """
        names = self.plan.kind_names
        edges = np.linspace(0, self.steps, min(parts, self.steps) + 1).astype(int).tolist()
        parts_of_course = []
        for start, stop in pairwise(edges):
            counts = np.bincount(self.kinds[start:stop], minlength=len(names)).tolist()
            parts_of_course.append(Part(start, stop, dict(zip(names, counts, strict=True))))
        return parts_of_course

    def to_dict(self) -> dict[str, Any]:
        """Return the counts and what they follow from as plain JSON content."""
        plan = self.plan
        sampling = asdict(plan.sampling)
        if not math.isfinite(plan.sampling.temperature):
            sampling["temperature"] = "inf"  # JSON has no infinite number
        return {
            "schema": 1,
            **self.drawn.to_dict(),
            "batch_size": plan.batch_size,
            "world_size": plan.world_size,
            "seed": plan.seed,
            "sampling": sampling,
            "steps_per_epoch": len(plan),
            "epochs": self.epochs,
            "slots_per_token": self.slots_per_token,
            "course": [asdict(part) for part in self.course()],
            "notices": list(plan.notices),
        }


def forecast(plan: BatchPlan | MixedPlan, steps: int | None = None, show_progress: bool = False) -> Forecast:
    """Draw what a training run would draw.

    Args:
        plan: The plan; strategies that change measure progress against its ``epochs``.
        steps: Number of steps, at least 1, over as many epochs as they need; None for one epoch.
        show_progress: Whether drawings of more than a second show a progress bar on stderr.

    Raises:
        ConfigurationError: If there is no step.
    """
    count = len(plan) if steps is None else steps
    if count < 1:
        raise ConfigurationError(f"The number of steps is {count}.", "Give a whole number from 1 on.")
    places = {name: place for place, name in enumerate(plan.kind_names)}
    kinds = np.empty(count, np.min_scalar_type(len(places)))
    drawn = DrawSummary(strategy_spec(plan.strategy))
    for step in progress_bar(range(count), desc="Drawing", unit="step", delay=_PATIENCE, show=show_progress):
        kinds[step] = places[drawn.draw(plan, *divmod(step, len(plan)))]
    return Forecast(plan, drawn, kinds, slots_per_token(plan, count))
