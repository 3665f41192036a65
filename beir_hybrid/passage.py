"""Passage: what a dataset's corpora are made of."""

from __future__ import annotations

from typing import NamedTuple


class Passage(NamedTuple):
    """One retrievable passage.

    Attributes:
        text: What is encoded and searched.
        title: Its title, or an empty string.
        context: The paragraph it stands in, where the dataset has one; not searched.
    """

    text: str
    title: str = ""
    context: str = ""

    @property
    def searchable(self) -> str:
        """Title and text in one string, as BEIR's models join them."""
        return f"{self.title} {self.text}".strip()
