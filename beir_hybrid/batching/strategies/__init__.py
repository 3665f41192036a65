"""Strategies: what kind of batch comes next. One small file each, found by name through the registry."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
