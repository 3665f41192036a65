"""Batches: strategies decide the kind of each, a plan its rows; sampler and loader hand them to the hosts."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
