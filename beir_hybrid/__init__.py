"""Hybrid batch training and multilingual evaluation for dense retrievers.

The public names are those that this package and its folders list in ``__init__.pyi``; everything else is private and
may change. Names are loaded when they are first used, so that importing the package costs nothing.
"""

from beir_hybrid.lazy import attach

__version__ = "0.1.0"

__getattr__, __dir__ = attach(__name__, __file__)
