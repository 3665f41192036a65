"""Measures: declarative objects, one small file each, found by name through the registry."""

from __future__ import annotations

from beir_hybrid.evaluation.measures.base import Measure
from beir_hybrid.evaluation.measures.build import build_measure, expand_measures

__all__ = ["Measure", "build_measure", "expand_measures"]
