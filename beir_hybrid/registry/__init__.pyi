from .groups import CLUSTERS as CLUSTERS
from .groups import COMMANDS as COMMANDS
from .groups import DATASETS as DATASETS
from .groups import DEBIASINGS as DEBIASINGS
from .groups import FORMATS as FORMATS
from .groups import HOSTS as HOSTS
from .groups import LOSSES as LOSSES
from .groups import MEASURES as MEASURES
from .groups import REGISTRIES as REGISTRIES
from .groups import STRATEGIES as STRATEGIES
from .groups import TRANSLATORS as TRANSLATORS
from .origin import describe_error as describe_error
from .registry import Registry as Registry

__all__: list[str]
