"""Evaluation: one encoding, or what any system retrieved, scored in every setting.

:func:`beir_hybrid.evaluate` does it; here is what it takes and returns.
"""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
