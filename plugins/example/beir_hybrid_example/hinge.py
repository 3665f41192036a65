"""Hinge: a loss that stops where each passage is far enough ahead of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from beir_hybrid import ConfigurationError
from beir_hybrid.training.losses import TrainingLoss

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch.nn import Module


@dataclass(frozen=True)
class Hinge(TrainingLoss):
    """The mean of ``max(0, margin - cos(q, p) + cos(q, n))`` over questions and all other passages ``n`` of the batch.

    Args:
        margin: How far a passage is to be ahead; above 0, at most 2.

    Raises:
        ConfigurationError: If it is not.
    """

    margin: float = 0.3

    name: ClassVar[str] = "hinge"

    def __post_init__(self) -> None:
        if not 0 < self.margin <= 2:
            raise ConfigurationError(f"The margin is {self.margin!r}.", "Give a number above 0, at most 2.")

    def build(self, model: SentenceTransformer, teacher: Any = None) -> Module:
        """Make the loss of a model: a module that gets the columns' tokens and returns one number."""
        import torch  # only training needs it
        from sentence_transformers.util import cos_sim

        class HingeLoss(torch.nn.Module):
            def __init__(self, margin: float) -> None:
                super().__init__()
                self.model, self.margin = model, margin

            def forward(self, sentence_features: Any, labels: Any = None) -> torch.Tensor:
                questions, *passages = (self.model(features)["sentence_embedding"] for features in sentence_features)
                scores = cos_sim(questions, torch.cat(passages))
                short = torch.relu(self.margin - scores.diagonal().unsqueeze(1) + scores)
                others = ~torch.eye(*scores.shape, dtype=torch.bool, device=scores.device)
                return short[others].mean()

        return HingeLoss(self.margin)
