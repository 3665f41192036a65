from .arguments import HybridBatchTrainingArguments as HybridBatchTrainingArguments
from .attempt import TrainingInterrupted as TrainingInterrupted
from .base_models import static_model as static_model
from .config import TrainingConfig as TrainingConfig
from .config import read_config as read_config
from .legacy.fit import fit as fit
from .legacy.retriever import TrainRetriever as TrainRetriever
from .lora import Lora as Lora
from .losses.group_masked import (
    CachedGroupMaskedMultipleNegativesRankingLoss as CachedGroupMaskedMultipleNegativesRankingLoss,
)
from .losses.group_masked import GroupMaskedMultipleNegativesRankingLoss as GroupMaskedMultipleNegativesRankingLoss
from .prepare import PreparedTraining as PreparedTraining
from .request import TrainingRequest as TrainingRequest
from .stages import train_stages as train_stages
from .train import RunFinishedError as RunFinishedError
from .train import TrainedModel as TrainedModel
from .trainer import HybridBatchTrainer as HybridBatchTrainer

__all__: list[str]
