from .base import TrainingLoss as TrainingLoss
from .build import build_loss as build_loss
from .group_masked import (
    CachedGroupMaskedMultipleNegativesRankingLoss as CachedGroupMaskedMultipleNegativesRankingLoss,
)
from .group_masked import GroupMaskedMultipleNegativesRankingLoss as GroupMaskedMultipleNegativesRankingLoss

__all__: list[str]
