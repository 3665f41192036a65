from .parameters import NAMES as NAMES
from .parameters import Number as Number
from .parameters import SectionedCommand as SectionedCommand
from .parameters import dataset_options as dataset_options
from .parameters import encoding_options as encoding_options

__all__: list[str]
