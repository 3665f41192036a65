"""Measures: declarative objects, one small file each, found by name through the registry.

A plug-in's measure fulfils :class:`Measure`; :class:`StandardMeasure` and :class:`PerLanguageMeasure` are base classes
that save a few lines, and :class:`beir_hybrid.testing.MeasureContract` tests it.
"""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
