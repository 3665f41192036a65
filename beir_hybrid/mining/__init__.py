"""Mining: hard negatives that no translation answers, and filters that a model or its scores decide."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
