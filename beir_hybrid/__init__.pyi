from .arrays import Bools as Bools
from .arrays import Floats as Floats
from .arrays import Floats32 as Floats32
from .arrays import Ints as Ints
from .batching.loader import HybridBatchDataLoader as HybridBatchDataLoader
from .batching.plan import BatchPlan as BatchPlan
from .batching.sampler import HybridBatchSampler as HybridBatchSampler
from .batching.sampling import Sampling as Sampling
from .collection import LazyCorpus as LazyCorpus
from .collection import MultilingualCollection as MultilingualCollection
from .collection import corpus_checksum as corpus_checksum
from .datasets import load_dataset as load_dataset
from .errors import BatchError as BatchError
from .errors import BeirHybridError as BeirHybridError
from .errors import ChecksumError as ChecksumError
from .errors import ConfigurationError as ConfigurationError
from .errors import DataFormatError as DataFormatError
from .errors import DuplicateNameError as DuplicateNameError
from .errors import LanguageError as LanguageError
from .errors import MissingDataError as MissingDataError
from .errors import ModelError as ModelError
from .errors import OutputError as OutputError
from .errors import PluginError as PluginError
from .errors import UnknownNameError as UnknownNameError
from .errors import WorkerError as WorkerError
from .errors import did_you_mean as did_you_mean
from .errors import plural as plural
from .errors import shorten as shorten
from .evaluation.evaluate import evaluate as evaluate
from .evaluation.evaluator import MultilingualRetrievalEvaluator as MultilingualRetrievalEvaluator
from .evaluation.results import Results as Results
from .formats import load_pairs as load_pairs
from .formats import open_pairs as open_pairs
from .languages import LANGUAGES as LANGUAGES
from .languages import choose_languages as choose_languages
from .models import load_model as load_model
from .pairs import Pair as Pair
from .pairs import ParallelPairs as ParallelPairs
from .pairs.examples import example_dataset as example_dataset
from .passage import Passage as Passage
from .profiling import profile_languages as profile_languages
from .settings import KINDS as KINDS
from .settings import Setting as Setting
from .settings import all_settings as all_settings
from .training.arguments import HybridBatchTrainingArguments as HybridBatchTrainingArguments
from .training.legacy.fit import fit as fit
from .training.legacy.retriever import TrainRetriever as TrainRetriever
from .training.losses.group_masked import (
    CachedGroupMaskedMultipleNegativesRankingLoss as CachedGroupMaskedMultipleNegativesRankingLoss,
)
from .training.losses.group_masked import (
    GroupMaskedMultipleNegativesRankingLoss as GroupMaskedMultipleNegativesRankingLoss,
)
from .training.request import TrainingRequest as TrainingRequest
from .training.train import train as train
from .training.trainer import HybridBatchTrainer as HybridBatchTrainer
from .verbosity import is_quiet as is_quiet
from .verbosity import progress_bar as progress_bar
from .verbosity import set_verbosity as set_verbosity
from .workers import LocalWorkers as LocalWorkers
from .workers import Workers as Workers
from .workers import gpus_for as gpus_for
from .workers import open_workers as open_workers
from .workers import processors as processors

__version__: str
__all__: list[str]
