"""Statistics: intervals of means, and comparisons of evaluations query by query, clustered by question."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
