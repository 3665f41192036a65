"""Losses that leave out negatives which a guide, a second model, takes for answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.models import check_name, load_model
from beir_hybrid.training.losses.base import TrainingLoss, check_positive
from beir_hybrid.training.losses.in_batch import MINI_BATCH_SIZE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch.nn import Module

    from beir_hybrid.training.losses.teacher_vectors import TeacherVectors


@dataclass(frozen=True)
class Gist(TrainingLoss):
    """The host's GISTEmbedLoss: negatives that the guide finds nearer than the positive are left out.

    Args:
        guide: Name or folder of the guiding model.
        temperature: Divisor of the cosine similarities; above 0, 0.01 as the host has it.
        gather: Whether the passages of all processes are negatives.

    Raises:
        ConfigurationError: If there is no guide, or the temperature is not above 0.
        ModelError: If the guide looks like a folder that is not there.
    """

    guide: str | None = None
    temperature: float = 0.01
    gather: bool = False

    name: ClassVar[str] = "gist"
    most_negatives: ClassVar[int | None] = 1

    def __post_init__(self) -> None:
        if not self.guide:
            raise ConfigurationError(f"The loss {self.name!r} needs a guiding model.", "Add --guide MODEL.")
        check_name(self.guide)
        check_positive(self.name, temperature=self.temperature)

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class.

        Raises:
            ModelError: If there is no such guide.
            ValueError: If the host refuses it, as it does tokenizers that are not transformers'.
        """
        from sentence_transformers.sentence_transformer.losses import GISTEmbedLoss

        return self._guided(GISTEmbedLoss, model)

    def _guided(self, loss: Any, model: SentenceTransformer, **options: Any) -> Module:
        guide = load_model(str(self.guide)).eval()
        guide.requires_grad_(False)  # the host's optimizer takes all parameters of a loss
        built: Module = loss(model, guide, temperature=self.temperature, gather_across_devices=self.gather, **options)
        return built


@dataclass(frozen=True)
class CachedGist(Gist):
    """The host's CachedGISTEmbedLoss: the same loss for batches larger than memory.

    Args:
        guide: As for :class:`Gist`.
        temperature: Likewise.
        gather: Likewise.
        mini_batch_size: Texts embedded at a time; from 1 on.

    Raises:
        ConfigurationError: As :class:`Gist` does, or if the size is not above 0.
        ModelError: As :class:`Gist` does.
    """

    mini_batch_size: int = MINI_BATCH_SIZE

    name: ClassVar[str] = "cached-gist"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self.name, mini_batch_size=self.mini_batch_size)

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class."""
        from sentence_transformers.sentence_transformer.losses import CachedGISTEmbedLoss

        return self._guided(CachedGISTEmbedLoss, model, mini_batch_size=self.mini_batch_size)
