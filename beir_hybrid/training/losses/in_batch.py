"""Losses whose negatives are the other passages of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from beir_hybrid.training.losses.base import Need, TrainingLoss, check_positive

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch.nn import Module

    from beir_hybrid.training.losses.teacher_vectors import TeacherVectors

MINI_BATCH_SIZE = 32
"""Texts that a cached loss embeds at a time, as the host's do."""


@dataclass(frozen=True)
class Mnrl(TrainingLoss):
    """The host's MultipleNegativesRankingLoss, InfoNCE over the batch: ``CE(scale cos(q, P))``.

    Args:
        scale: Factor on the cosine similarities, the inverse of a temperature; above 0.
        gather: Whether the passages of all processes are negatives: no two of them share a group or an answer.

    Raises:
        ConfigurationError: If the scale is not above 0.
    """

    scale: float = 20.0
    gather: bool = False

    name: ClassVar[str] = "mnrl"

    def __post_init__(self) -> None:
        check_positive(self.name, scale=self.scale)

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class."""
        from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

        return MultipleNegativesRankingLoss(model, scale=self.scale, gather_across_devices=self.gather)


@dataclass(frozen=True)
class CachedMnrl(TrainingLoss):
    """The host's CachedMultipleNegativesRankingLoss: the same loss for batches larger than memory.

    Args:
        scale: As for :class:`Mnrl`.
        gather: Likewise.
        mini_batch_size: Texts embedded at a time; from 1 on.

    Raises:
        ConfigurationError: If the scale or the size is not above 0.
    """

    scale: float = 20.0
    gather: bool = False
    mini_batch_size: int = MINI_BATCH_SIZE

    name: ClassVar[str] = "cached-mnrl"

    def __post_init__(self) -> None:
        check_positive(self.name, scale=self.scale, mini_batch_size=self.mini_batch_size)

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class."""
        from sentence_transformers.sentence_transformer.losses import CachedMultipleNegativesRankingLoss

        return CachedMultipleNegativesRankingLoss(
            model, scale=self.scale, mini_batch_size=self.mini_batch_size, gather_across_devices=self.gather
        )


@dataclass(frozen=True)
class MaskedMnrl(TrainingLoss):
    """:class:`~.group_masked.GroupMaskedMultipleNegativesRankingLoss`: rows of one answer are no negatives.

    With planned batches, which hold an answer once, it equals ``mnrl``; with ``--too-small repeat`` it does not.

    Args:
        scale: As for :class:`Mnrl`.
        gather: Likewise.
        mini_batch_size: Texts embedded at a time, with cached gradients; None for all at once.

    Raises:
        ConfigurationError: If the scale or the size is not above 0.
    """

    scale: float = 20.0
    gather: bool = False
    mini_batch_size: int | None = None

    name: ClassVar[str] = "mnrl-masked"
    needs: ClassVar[frozenset[Need]] = frozenset({"answers"})

    def __post_init__(self) -> None:
        sizes = {} if self.mini_batch_size is None else {"mini_batch_size": self.mini_batch_size}
        check_positive(self.name, scale=self.scale, **sizes)

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class."""
        from beir_hybrid.training.losses.group_masked import (
            CachedGroupMaskedMultipleNegativesRankingLoss,
            GroupMaskedMultipleNegativesRankingLoss,
        )

        if self.mini_batch_size is None:
            return GroupMaskedMultipleNegativesRankingLoss(model, scale=self.scale, gather_across_devices=self.gather)
        return CachedGroupMaskedMultipleNegativesRankingLoss(
            model, scale=self.scale, mini_batch_size=self.mini_batch_size, gather_across_devices=self.gather
        )
