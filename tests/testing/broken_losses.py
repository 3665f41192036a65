"""Losses that break their contract in one way each, and a sound one that they are made from."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from beir_hybrid.testing import LossContract
from beir_hybrid.training.losses import TrainingLoss


class Softmax(torch.nn.Module):
    def __init__(self, model, scale):
        super().__init__()
        self.model, self.scale = model, scale

    def scores(self, features):
        questions, passages, *_ = (self.model(each)["sentence_embedding"] for each in features)
        return self.scale * questions @ passages.T

    def forward(self, features, labels):
        scores = self.scores(features)
        return torch.nn.functional.cross_entropy(scores, torch.arange(len(scores)))


class Rows(Softmax):
    def forward(self, features, labels):
        return self.scores(features).diagonal()


class Number(Softmax):
    def forward(self, features, labels):
        return super().forward(features, labels).item()


class Endless(Softmax):
    def forward(self, features, labels):
        return super().forward(features, labels) / 0


class Parts(Softmax):
    def forward(self, features, labels):
        whole = super().forward(features, labels)
        return {"half": whole / 2, "other": whole / 2}


class Constant(Softmax):
    def forward(self, features, labels):
        return super().forward(features, labels).detach()


class Regular(Softmax):
    """Learns something, but not the model."""

    def __init__(self, model, scale):
        super().__init__(model, scale)
        self.offset = torch.nn.Parameter(torch.ones(()))

    def forward(self, features, labels):
        return self.scores(features).detach().mean() + self.offset


class Masked(Softmax):
    def forward(self, features, labels):
        if labels is None:
            raise ValueError("no labels")
        return super().forward(features, labels)


@dataclass(frozen=True)
class Sound(TrainingLoss):
    scale: float = 20.0

    name: ClassVar[str] = "sound"
    module: ClassVar = Softmax

    def build(self, model, teacher=None):
        return self.module(model, self.scale)


def variant(**changes):
    """A frozen dataclass that differs from the sound one in some class attributes."""
    title = changes.pop("title")
    return dataclass(frozen=True)(type(title, (Sound,), {"name": title.lower(), "__module__": __name__, **changes}))


Divided = variant(title="Divided", module=Parts)
Labelled = variant(title="Labelled", module=Masked, needs=frozenset({"answers"}))
Translated = variant(title="Translated", needs=frozenset({"translations"}))
Misnamed = variant(title="Misnamed")
Misnamed.name = "another"
Needy = variant(title="Needy", needs=frozenset({"weather"}))
Listing = variant(title="Listing", module=Rows)
Plain = variant(title="Plain", module=Number)
Infinite = variant(title="Infinite", module=Endless)
Idle = variant(title="Idle", module=Constant)
Elsewhere = variant(title="Elsewhere", module=Regular)


class Thawed(Sound):
    name = "thawed"


@dataclass(frozen=True)
class Growing(Sound):
    name: ClassVar[str] = "growing"

    def __post_init__(self):
        object.__setattr__(self, "scale", self.scale * 2)


@dataclass(frozen=True)
class Local(Sound):
    name: ClassVar[str] = "local"

    def __post_init__(self):
        object.__setattr__(self, "hook", lambda scores: scores)


@dataclass(frozen=True)
class Forgetful(Sound):
    name: ClassVar[str] = "forgetful"

    def __reduce__(self):
        return Forgetful, (self.scale + 1,)


class TestSound(LossContract):
    name = "sound"


class TestScaled(LossContract):
    name = "sound"
    options: ClassVar = {"scale": 5.0}


class TestDivided(LossContract):
    name = "divided"


class TestLabelled(LossContract):
    name = "labelled"


class TestTranslated(LossContract):
    name = "translated"


class TestMisnamed(LossContract):
    name = "misnamed"


class TestNeedy(LossContract):
    name = "needy"


class TestListing(LossContract):
    name = "listing"


class TestPlain(LossContract):
    name = "plain"


class TestInfinite(LossContract):
    name = "infinite"


class TestIdle(LossContract):
    name = "idle"


class TestElsewhere(LossContract):
    name = "elsewhere"


class TestThawed(LossContract):
    name = "thawed"


class TestGrowing(LossContract):
    name = "growing"


class TestLocal(LossContract):
    name = "local"


class TestForgetful(LossContract):
    name = "forgetful"
