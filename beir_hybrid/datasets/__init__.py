"""Datasets: evaluation sets and training pairs, found by name through the registry, or read from files and folders."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
