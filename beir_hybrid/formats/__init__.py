"""Formats: training data as others write them, one file each, recognised by their content.

What is registered in the group ``beir_hybrid.formats`` is a frozen dataclass whose fields are the format's options.
"""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
