from .base import Debiasing as Debiasing
from .build import build_debiasings as build_debiasings
from .debias import debias_model as debias_model
from .evaluate import evaluate_debiased as evaluate_debiased
from .evaluate import folder_name as folder_name
from .fit_texts import FitTexts as FitTexts
from .identifier import LanguageIdentifier as LanguageIdentifier
from .removal import Removal as Removal
from .statistics import LanguageStatistics as LanguageStatistics
from .statistics import statistics_of as statistics_of

__all__: list[str]
