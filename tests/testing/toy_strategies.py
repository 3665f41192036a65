"""Strategies that break their contract in one way each, and a sound one that they are made from."""

import random
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beir_hybrid.batching.kinds import CROSS, MONO, BatchKind


@dataclass(frozen=True)
class Sound:
    """Two kinds, the first with probability alpha."""

    name: ClassVar[str] = "sound"
    alpha: float = 0.5

    @property
    def kinds(self):
        return (MONO, CROSS)

    def draw(self, rng, progress):
        return (rng.random(len(progress)) >= self.alpha).astype(np.int64)


@dataclass(frozen=True)
class Misnamed(Sound):
    name: ClassVar[str] = "sound"


@dataclass
class Thawed:
    name: ClassVar[str] = "thawed"
    alpha: float = 0.5
    kinds = Sound.kinds
    draw = Sound.draw


@dataclass(frozen=True)
class Twins(Sound):
    name: ClassVar[str] = "twins"

    @property
    def kinds(self):
        return (MONO, BatchKind("x-x-mono", per="example", different=True))


@dataclass(frozen=True)
class Loose(Sound):
    name: ClassVar[str] = "loose"
    kinds: ClassVar = "x-y"


@dataclass(frozen=True)
class Barren(Sound):
    name: ClassVar[str] = "barren"

    @property
    def kinds(self):
        return (MONO, BatchKind("nothing", per="example"))


@dataclass(frozen=True)
class Beyond(Sound):
    name: ClassVar[str] = "beyond"

    def draw(self, rng, progress):
        return super().draw(rng, progress) + 2 * (progress > 0.9999)


@dataclass(frozen=True)
class Short(Sound):
    name: ClassVar[str] = "short"

    def draw(self, rng, progress):
        return super().draw(rng, progress)[:100]


@dataclass(frozen=True)
class Listing(Sound):
    name: ClassVar[str] = "listing"

    def draw(self, rng, progress):
        return super().draw(rng, progress).tolist()


@dataclass(frozen=True)
class Failing(Sound):
    name: ClassVar[str] = "failing"

    def draw(self, rng, progress):
        return rng.choice(2, size=len(progress), p=[np.nan, np.nan])


@dataclass(frozen=True)
class Floating(Sound):
    name: ClassVar[str] = "floating"

    def draw(self, rng, progress):
        return super().draw(rng, progress).astype(np.float64)


@dataclass(frozen=True)
class Idle(Sound):
    name: ClassVar[str] = "idle"

    def draw(self, rng, progress):
        return np.zeros(len(progress), np.int64)


@dataclass(frozen=True)
class Counting(Sound):
    name: ClassVar[str] = "counting"
    counted: ClassVar[list] = []

    def draw(self, rng, progress):
        self.counted.append(1)
        return np.random.default_rng(len(self.counted)).integers(2, size=len(progress))


@dataclass(frozen=True)
class Gambling(Sound):
    name: ClassVar[str] = "gambling"

    def draw(self, rng, progress):
        return np.array([random.random() < 0.5 for _ in progress], np.int64)


@dataclass(frozen=True)
class Hashing(Sound):
    name: ClassVar[str] = "hashing"

    def draw(self, rng, progress):
        own = np.random.default_rng(hash("hashing") % 2**32)
        return own.integers(2, size=len(progress))


@dataclass(frozen=True)
class Scribbling(Sound):
    name: ClassVar[str] = "scribbling"

    def draw(self, rng, progress):
        progress *= 2
        return super().draw(rng, progress)


@dataclass(frozen=True)
class LyingKind(BatchKind):
    def allowed(self, languages):
        return np.ones((len(languages),) * 2, bool)


@dataclass(frozen=True)
class Lying(Sound):
    name: ClassVar[str] = "lying"

    @property
    def kinds(self):
        return (MONO, LyingKind("x-y", per="example", different=True))


STRATEGIES = [thing for thing in list(globals().values()) if isinstance(thing, type) and hasattr(thing, "draw")]
