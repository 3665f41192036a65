"""Losses: what a batch is judged by. Found by name through the registry; a file a family."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
