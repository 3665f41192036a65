"""Losses that draw all languages to the vectors that a teacher gives the texts of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from sentence_transformers.util import cos_sim
from torch import Tensor
from torch.nn.functional import cosine_similarity, cross_entropy

from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from beir_hybrid.training.losses.teacher_vectors import TeacherVectors


class TeacherLoss(torch.nn.Module):
    """Base of the two: it looks up the teacher's vectors of the rows, by the groups in the labels.

    Rows whose group the teacher does not know are left out of the distances; where it knows none they are 0.

    Args:
        model: The model to train.
        teacher: The teacher's vectors.
    """

    def __init__(self, model: SentenceTransformer, teacher: TeacherVectors) -> None:
        super().__init__()
        self.model = model
        self.teacher = teacher

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """Embed the columns and compute the loss; see the class."""
        return self.compute_loss_from_embeddings(
            [self.model(features)["sentence_embedding"] for features in sentence_features], labels
        )

    def compute_loss_from_embeddings(self, embeddings: list[Tensor], labels: Tensor) -> Tensor:
        """Compute the loss of embedded rows.

        Args:
            embeddings: The columns (question, positive, any negatives), each of shape (rows, dimensions).
            labels: Shape (rows,), the numbers of their groups.
        """
        raise NotImplementedError

    def targets(self, rows: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Look up the teacher's vectors: of which rows it has some, and of their questions and passages."""
        groups = labels.cpu().numpy()
        known = self.teacher.known(groups)
        both = (torch.from_numpy(each).to(rows.device, rows.dtype) for each in self.teacher.take(groups[known]))
        questions, passages = both
        return torch.from_numpy(known).to(rows.device), questions, passages


class TeacherMseLoss(TeacherLoss):
    """The mean of ``(student(x in any language) - teacher(x in one))^2`` over questions, passages and dimensions.

    That of Reimers and Gurevych (arXiv:2004.09813) and the host's MSELoss, with targets that are looked up.

    Raises:
        ConfigurationError: If the model's vectors and the teacher's differ in length.
    """

    def __init__(self, model: SentenceTransformer, teacher: TeacherVectors) -> None:
        super().__init__(model, teacher)
        own = model.get_embedding_dimension()
        if own != teacher.dimensions:
            raise ConfigurationError(
                f"The teacher's vectors have {teacher.dimensions} dimensions, and the model's {own}.",
                "Choose another of the two, or --loss mimo, which maps one onto the other.",
            )

    def compute_loss_from_embeddings(self, embeddings: list[Tensor], labels: Tensor) -> Tensor:
        """Compute the loss of embedded rows; see the base class."""
        known, questions, passages = self.targets(embeddings[0], labels)
        if not known.any():
            return 0 * embeddings[0].sum()
        pairs = ((embeddings[0][known], questions), (embeddings[1][known], passages))
        return torch.stack([torch.nn.functional.mse_loss(student, teacher) for student, teacher in pairs]).mean()


class MimoLoss(TeacherLoss):
    """``l XLCO + (1 - l) D``, l = .2, the second stage of MIMO (arXiv:2605.31171).

    ``XLCO = CE(scale cos(q, P))`` over the batch, in which questions and passages are of different languages with
    ``--strategy x-y``. ``D`` is the mean over questions and passages of ``1 - cos(W x, teacher(x in English))``, with a
    linear map W (and an offset) to the teacher's width, which is learnt with the model and belongs to the loss: it is
    no part of the model that is saved. The formulae follow the authors' code (github.com/yjoonjang/MIMO).

    Args:
        model: The model to train.
        teacher: The teacher's vectors.
        scale: Factor on the similarities of XLCO; above 0.
        share: The share ``l`` of XLCO; from 0 to 1. At 0 it is the first stage, distillation alone.
    """

    def __init__(
        self, model: SentenceTransformer, teacher: TeacherVectors, scale: float = 20.0, share: float = 0.2
    ) -> None:
        super().__init__(model, teacher)
        self.scale = scale
        self.share = share
        self.projection = torch.nn.Linear(int(model.get_embedding_dimension() or 0), teacher.dimensions)

    def compute_loss_from_embeddings(self, embeddings: list[Tensor], labels: Tensor) -> Tensor:
        """Compute the loss of embedded rows; see the base class."""
        scores = cos_sim(embeddings[0], torch.cat(embeddings[1:])) * self.scale
        contrast = cross_entropy(scores, torch.arange(len(scores), device=scores.device))
        known, questions, passages = self.targets(embeddings[0], labels)
        if not known.any():
            return self.share * contrast
        pairs = ((embeddings[0][known], questions), (embeddings[1][known], passages))
        apart = [(1 - cosine_similarity(self.projection(own), target, dim=-1)).mean() for own, target in pairs]
        return self.share * contrast + (1 - self.share) * torch.stack(apart).mean()

    def get_config_dict(self) -> dict[str, Any]:
        """Return the options, for the model card."""
        return {"scale": self.scale, "share": self.share}
