from .cluster import ClusterContract as ClusterContract
from .command import CommandContract as CommandContract
from .dataset import DatasetContract as DatasetContract
from .format import FormatContract as FormatContract
from .host import HostContract as HostContract
from .loss import LossContract as LossContract
from .measure import MeasureContract as MeasureContract
from .strategy import StrategyContract as StrategyContract
