from .dry_run import check_dry_run as check_dry_run
from .dry_run import dry_run_option as dry_run_option
from .dry_run import show_forecast as show_forecast
from .parameters import NAMES as NAMES
from .parameters import SHARE as SHARE
from .parameters import Number as Number
from .parameters import SectionedCommand as SectionedCommand
from .parameters import cluster_options as cluster_options
from .parameters import dataset_options as dataset_options
from .parameters import encoding_options as encoding_options

__all__: list[str]
