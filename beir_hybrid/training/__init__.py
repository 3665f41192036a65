"""Training: a request is prepared once, the host's Trainer trains on planned batches, and a folder keeps the run.

:func:`beir_hybrid.train` does all of it; the names here are its parts, for training loops of your own.
"""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
