"""LakdaLoss: passages should be as near to a question in one language as to the same question in another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from sentence_transformers.util import cos_sim
from torch import Tensor

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class LakdaLoss(torch.nn.Module):
    """``(1 - a) CE(scale cos(q_a, P)) + a KL(softmax cos(q_b, P) || softmax cos(q_a, P))``.

    ``q_b`` are the questions ``q_a`` in another language, ``P`` the passages of the batch, which the positives come
    first of, and hard negatives follow in. The formula is that of arXiv:2509.06195; that the second part's similarities
    are not scaled, that its mean is over questions, and that ``q_b`` gets gradients too, follows the implementation
    beside arXiv:2605.31171 (github.com/yjoonjang/MIMO), which compares with it.

    Args:
        model: The model to train.
        scale: Factor on the similarities of the contrastive part; above 0.
        alpha: The share ``a`` of the second part; from 0 to 1.

    Examples:
        >>> loss = LakdaLoss(torch.nn.Identity(), alpha=0.5)
        >>> alike = torch.ones(4, 8)
        >>> loss.compute_loss_from_embeddings([alike, alike, alike]).item()  # half of log 4
        0.693...
    """

    def __init__(self, model: SentenceTransformer, scale: float = 20.0, alpha: float = 0.5) -> None:
        super().__init__()
        self.model = model
        self.scale = scale
        self.alpha = alpha

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor | None = None) -> Tensor:
        """Embed the columns and compute the loss; see the class."""
        return self.compute_loss_from_embeddings(
            [self.model(features)["sentence_embedding"] for features in sentence_features]
        )

    def compute_loss_from_embeddings(self, embeddings: list[Tensor], labels: Tensor | None = None) -> Tensor:
        """Compute the loss of embedded rows.

        Args:
            embeddings: The columns (question, positive, any negatives, question in another language), each of shape
                (rows, dimensions).
            labels: Not used.
        """
        passages = torch.cat(embeddings[1:-1])
        near, translated = cos_sim(embeddings[0], passages), cos_sim(embeddings[-1], passages)
        places = torch.arange(len(near), device=near.device)
        contrast = torch.nn.functional.cross_entropy(near * self.scale, places)
        apart = torch.nn.functional.kl_div(
            near.log_softmax(dim=1), translated.log_softmax(dim=1), reduction="batchmean", log_target=True
        )
        return (1 - self.alpha) * contrast + self.alpha * apart

    def get_config_dict(self) -> dict[str, Any]:
        """Return the options, for the model card."""
        return {"scale": self.scale, "alpha": self.alpha}
