"""Strategies: what kind of batch comes next. One small file each, found by name through the registry."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
