from ..storage.pair_building import RowBatch as RowBatch
from ..storage.pair_building import RowSource as RowSource
from ..storage.pair_building import build_store as build_store
from .base import PairFormat as PairFormat
from .json_lines import read_json_lines as read_json_lines
from .load import load_pairs as load_pairs
from .load import load_sources as load_sources
from .load import open_pairs as open_pairs
from .open import build_format as build_format
from .open import open_source as open_source

__all__: list[str]
