"""Debiasing: taking the language out of vectors after training, by what the vectors of each language have in common."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
