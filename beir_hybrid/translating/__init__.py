"""Translating pairs: engines, a memory of what was translated, and guards on what they wrote."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
