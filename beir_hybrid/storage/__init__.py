"""Files and folders on disk: written whole, locked, checked by checksums; corpora too large for memory."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
