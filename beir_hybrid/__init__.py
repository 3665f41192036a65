"""Hybrid batch training and multilingual evaluation for dense retrievers.

The public names are those that this package and its folders list in ``__init__.pyi``; everything else is private and
may change. Names are loaded when they are first used, so that importing the package costs nothing.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
