"""Search over vectors: exact, or through a Faiss index."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
