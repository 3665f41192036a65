from .cross_encoder import CrossEncoderScorer as CrossEncoderScorer
from .filters import FilteredPairs as FilteredPairs
from .filters import PairFilter as PairFilter
from .filters import Taken as Taken
from .filters import filter_pairs as filter_pairs
from .mine import LanguageYield as LanguageYield
from .mine import MinedPairs as MinedPairs
from .mine import Source as Source
from .mine import mine_negatives as mine_negatives
from .options import MiningOptions as MiningOptions
from .pool import MiningPool as MiningPool

__all__: list[str]
