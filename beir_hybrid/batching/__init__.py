"""Batches: what kind comes next (strategies), which rows it holds (plan), and the forms the hosts take it in."""
