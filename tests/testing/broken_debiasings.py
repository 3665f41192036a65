"""Methods of debiasing that break their contract in one way each, and a sound one that they are made from."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beir_hybrid.debiasing import Debiasing
from beir_hybrid.testing import DebiasingContract


@dataclass(frozen=True)
class Sound(Debiasing):
    name: ClassVar[str] = "sound"

    def offset(self, statistics, language):
        return statistics.mean(language)


def variant(title, **changes):
    return dataclass(frozen=True)(type(title, (Sound,), {"name": title.lower(), "__module__": __name__, **changes}))


Misnamed = variant("Misnamed")
Misnamed.name = "another"
Needy = variant("Needy", needs=frozenset({"weather"}))
Roleless = variant("Roleless", roles=("title",))
Short = variant("Short", offset=lambda self, statistics, language: np.ones(1))
Skewed = variant("Skewed", subspace=lambda self, statistics, language: np.ones((2, 12)))
Random = variant("Random", offset=lambda self, statistics, language: np.random.default_rng().normal(size=12))
Idle = variant("Idle", offset=lambda self, statistics, language: None)


class Thawed(Sound):
    name = "thawed"


class TestSound(DebiasingContract):
    name = "sound"


class TestMisnamed(DebiasingContract):
    name = "misnamed"


class TestNeedy(DebiasingContract):
    name = "needy"


class TestRoleless(DebiasingContract):
    name = "roleless"


class TestShort(DebiasingContract):
    name = "short"


class TestSkewed(DebiasingContract):
    name = "skewed"


class TestRandom(DebiasingContract):
    name = "random"


class TestIdle(DebiasingContract):
    name = "idle"


class TestThawed(DebiasingContract):
    name = "thawed"
