"""Losses that distil a teacher's vectors of one language into all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.models import check_name
from beir_hybrid.training.losses.base import Need, TrainingLoss, check_positive
from beir_hybrid.training.losses.parallel import check_share

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch.nn import Module

    from beir_hybrid.training.losses.teacher_vectors import TeacherVectors


@dataclass(frozen=True)
class Distil(TrainingLoss):
    """Squared distance to a teacher's vectors; see :class:`~.teacher_losses.TeacherMseLoss`.

    Args:
        teacher: Name or folder of the teacher. Its vectors are encoded before the training begins.
        teacher_language: Language of the texts that it encodes.

    Raises:
        ConfigurationError: If there is no teacher.
        ModelError: If it looks like a folder that is not there.
    """

    teacher: str | None = None
    teacher_language: str = "en"

    name: ClassVar[str] = "distil"
    needs: ClassVar[frozenset[Need]] = frozenset({"teacher"})

    def __post_init__(self) -> None:
        if not self.teacher:
            raise ConfigurationError(f"The loss {self.name!r} needs a teacher.", "Add --teacher MODEL.")
        check_name(self.teacher)

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class."""
        from beir_hybrid.training.losses.teacher_losses import TeacherMseLoss

        return TeacherMseLoss(model, self._given(teacher))

    def _given(self, teacher: TeacherVectors | None) -> TeacherVectors:
        if teacher is None:
            raise ConfigurationError(f"The loss {self.name!r} is built without a teacher's vectors.", "Give them.")
        return teacher


@dataclass(frozen=True)
class Mimo(Distil):
    """Contrast across languages and distance to a teacher; see :class:`~.teacher_losses.MimoLoss`.

    Args:
        teacher: As for :class:`Distil`.
        teacher_language: Likewise.
        scale: Factor on the cosine similarities of the contrastive part; above 0.
        share: Share of that part; from 0 to 1.

    Raises:
        ConfigurationError: As :class:`Distil` does, or if a number is out of range.
        ModelError: As :class:`Distil` does.
    """

    scale: float = 20.0
    share: float = 0.2

    name: ClassVar[str] = "mimo"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self.name, scale=self.scale)
        check_share(self.name, share=self.share)

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class.

        Raises:
            ConfigurationError: If several processes train: each would learn a map of its own.
        """
        from beir_hybrid.training.losses.teacher_losses import MimoLoss
        from beir_hybrid.training.processes import launched_processes

        if launched_processes() > 1:
            raise ConfigurationError(
                f"{launched_processes()} processes were launched, and the loss {self.name!r} learns a map in each.",
                "Launch one process, or choose --loss distil.",
            )
        return MimoLoss(model, self._given(teacher), self.scale, self.share)
