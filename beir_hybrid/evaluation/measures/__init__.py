"""Measures: declarative objects, one small file each, found by name through the registry."""

from __future__ import annotations

from beir_hybrid.evaluation.measures.base import Measure
from beir_hybrid.evaluation.measures.build import build_measure, expand_measures
from beir_hybrid.evaluation.measures.chosen import BIAS_MEASURES, DEFAULT_MEASURES, build_measures

__all__ = ["BIAS_MEASURES", "DEFAULT_MEASURES", "Measure", "build_measure", "build_measures", "expand_measures"]
