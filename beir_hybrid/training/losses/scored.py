"""Losses that learn the scores which a teacher gave to passages and hard negatives, once, in the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from beir_hybrid.training.losses.base import Need, TrainingLoss, check_positive

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch.nn import Module

    from beir_hybrid.training.losses.teacher_vectors import TeacherVectors


@dataclass(frozen=True)
class MarginMse(TrainingLoss):
    """The host's MarginMSELoss: the mean of ``((q.p - q.n_i) - (score(p) - score(n_i)))^2`` over negatives and rows.

    ``q.p`` is the dot product of vectors as the model gives them. The scores are those of the row that holds the
    passage, whatever language asks for it.
    """

    name: ClassVar[str] = "margin-mse"
    needs: ClassVar[frozenset[Need]] = frozenset({"scores"})
    fewest_negatives: ClassVar[int] = 1

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class."""
        from sentence_transformers.sentence_transformer.losses import MarginMSELoss

        return MarginMSELoss(model)


@dataclass(frozen=True)
class Kl(TrainingLoss):
    """The host's DistillKLDivLoss: ``t^2 KL(softmax(scores / t) || softmax(q.P / t))`` over passage and negatives.

    Args:
        temperature: The t of both softmaxes; above 0.

    Raises:
        ConfigurationError: If it is not.
    """

    temperature: float = 1.0

    name: ClassVar[str] = "kl"
    needs: ClassVar[frozenset[Need]] = frozenset({"scores"})
    fewest_negatives: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_positive(self.name, temperature=self.temperature)

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class."""
        from sentence_transformers.sentence_transformer.losses import DistillKLDivLoss

        return DistillKLDivLoss(model, temperature=self.temperature)
