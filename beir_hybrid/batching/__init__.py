"""Batches: strategies decide the kind of each, a plan its rows; sampler and loader hand them to the hosts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
