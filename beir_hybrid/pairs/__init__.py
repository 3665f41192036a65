"""Pairs: questions and passages for training, by group and language, in memory or in a store on disk."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
