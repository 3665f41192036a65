from .batching.examples import example_dataset as example_dataset
from .batching.loader import HybridBatchDataLoader as HybridBatchDataLoader
from .batching.plan import BatchPlan as BatchPlan
from .batching.sampler import HybridBatchSampler as HybridBatchSampler
from .batching.sampling import Sampling as Sampling
from .collection import MultilingualCollection as MultilingualCollection
from .datasets import load_dataset as load_dataset
from .datasets import load_pairs as load_pairs
from .errors import BeirHybridError as BeirHybridError
from .evaluation.evaluate import evaluate as evaluate
from .evaluation.evaluator import MultilingualRetrievalEvaluator as MultilingualRetrievalEvaluator
from .evaluation.results import Results as Results
from .pairs import Pair as Pair
from .pairs import ParallelPairs as ParallelPairs
from .passage import Passage as Passage
from .training.arguments import HybridBatchTrainingArguments as HybridBatchTrainingArguments
from .training.legacy.fit import fit as fit
from .training.legacy.retriever import TrainRetriever as TrainRetriever
from .training.losses import (
    CachedGroupMaskedMultipleNegativesRankingLoss as CachedGroupMaskedMultipleNegativesRankingLoss,
)
from .training.losses import GroupMaskedMultipleNegativesRankingLoss as GroupMaskedMultipleNegativesRankingLoss
from .training.options import TrainingOptions as TrainingOptions
from .training.train import train as train
from .training.trainer import HybridBatchTrainer as HybridBatchTrainer

__version__: str
__all__: list[str]
