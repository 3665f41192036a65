from .distinct_loader import DistinctTextsDataLoader as DistinctTextsDataLoader
from .kinds import ANY as ANY
from .kinds import CROSS as CROSS
from .kinds import MIXED as MIXED
from .kinds import MONO as MONO
from .kinds import ONE_PAIR as ONE_PAIR
from .kinds import BatchKind as BatchKind
from .loader import HybridBatchDataLoader as HybridBatchDataLoader
from .plan import Batch as Batch
from .plan import BatchPlan as BatchPlan
from .sampler import HybridBatchSampler as HybridBatchSampler
from .sampling import Sampling as Sampling
from .strategies.base import SingleKind as SingleKind
from .strategies.base import Strategy as Strategy
from .strategies.build import build_strategy as build_strategy
from .strategies.build import strategy_spec as strategy_spec

__all__: list[str]
