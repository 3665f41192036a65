from .group_masked import (
    CachedGroupMaskedMultipleNegativesRankingLoss as CachedGroupMaskedMultipleNegativesRankingLoss,
)
from .group_masked import GroupMaskedMultipleNegativesRankingLoss as GroupMaskedMultipleNegativesRankingLoss

__all__: list[str]
