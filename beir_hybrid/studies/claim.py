"""Claim: what a study puts to the test, one group of cells against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Claim"]


@dataclass(frozen=True)
class Claim:
    """That cells with some grid values differ from cells with others.

    Grid keys that neither side names, such as the seed, are averaged over, the same values on both sides.

    Args:
        text: What is claimed, in words.
        run: Grid values of the cells that are claimed to differ.
        baseline: Grid values of the cells that they are compared with.
        evaluation: Name of the evaluation.
        kinds: Of ``mono``, ``cross`` and ``multi``; None for those that the evaluation has.
        measures: Names of measures, such as ``map``.
    """

    text: str
    run: Mapping[str, Any]
    baseline: Mapping[str, Any]
    evaluation: str
    kinds: tuple[str, ...] | None
    measures: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Give it as plain content."""
        return {
            "claim": self.text,
            "run": dict(self.run),
            "baseline": dict(self.baseline),
            "evaluation": self.evaluation,
            "kind": None if self.kinds is None else list(self.kinds),
            "measure": list(self.measures),
        }
