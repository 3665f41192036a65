"""Losses that compare a question with itself in another language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training.losses.base import Need, TrainingLoss, check_positive

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch.nn import Module

    from beir_hybrid.training.losses.teacher_vectors import TeacherVectors


@dataclass(frozen=True)
class Lakda(TrainingLoss):
    """LaKDA (Yang et al., arXiv:2509.06195); see :class:`~.lakda.LakdaLoss`.

    Args:
        scale: Factor on the cosine similarities of the contrastive part; above 0.
        alpha: Share of the part that compares the two languages; from 0 to 1.

    Raises:
        ConfigurationError: If one is out of range.
    """

    scale: float = 20.0
    alpha: float = 0.5

    name: ClassVar[str] = "lakda"
    needs: ClassVar[frozenset[Need]] = frozenset({"translations"})

    def __post_init__(self) -> None:
        check_positive(self.name, scale=self.scale)
        check_share(self.name, alpha=self.alpha)

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class."""
        from beir_hybrid.training.losses.lakda import LakdaLoss

        return LakdaLoss(model, self.scale, self.alpha)


def check_share(loss: str, **values: float) -> None:
    """Raise an error for options of a loss that are not from 0 to 1.

    Args:
        loss: The loss's name.
        **values: Values by option.

    Raises:
        ConfigurationError: If one is not.
    """
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ConfigurationError(f"The {name} of the loss {loss!r} is {value!r}.", "Give a number from 0 to 1.")
