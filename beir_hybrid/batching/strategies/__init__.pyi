from .base import SingleKind as SingleKind
from .base import Strategy as Strategy
from .build import build_strategy as build_strategy
from .build import strategy_spec as strategy_spec

__all__: list[str]
