"""Vectors of queries and passages: encoded once, cached, checked."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
