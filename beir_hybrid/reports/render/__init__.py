"""Renderers: how models are drawn: in a terminal, on a page, as text, in pictures."""
