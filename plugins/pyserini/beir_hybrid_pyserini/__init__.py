"""Pyserini for beir-hybrid: dense indexes that it searches, BM25 in every language, and their fusion.

Nothing here imports Pyserini, or starts Java, before it is asked to.
"""

__version__ = "0.1.0"
