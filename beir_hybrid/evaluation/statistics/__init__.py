"""Intervals, tests and comparisons of results."""
