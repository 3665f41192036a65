"""Relevance grades, as files hold them."""

from __future__ import annotations

import re

from beir_hybrid.errors import DataFormatError, shorten

HIGHEST_GRADE = 2**31 - 1
"""Grades are whole numbers up to this one, and from its negative on, as trec_eval and its kin can hold them."""

_SHOWN = 24  # characters of a grade in a message


def is_grade(text: str) -> bool:
    """Return whether a text is a whole number in ASCII digits, between blanks if need be.

    Examples:
        >>> [is_grade(text) for text in ("2", " -1 ", "1.0", "+1", "1e3", "")]
        [True, True, False, False, False, False]
    """
    return re.fullmatch(r"\s*-?[0-9]+\s*", text) is not None


def read_grade(text: str, place: str) -> int:
    """Read a grade.

    Args:
        text: What the file holds.
        place: File and line, for the message.

    Raises:
        DataFormatError: If it is not a whole number, or beyond :data:`HIGHEST_GRADE`.

    Examples:
        >>> read_grade("2", "qrels.tsv:7")
        2
        >>> read_grade("9" * 5000, "qrels.tsv:7")
        Traceback (most recent call last):
        beir_hybrid.errors.DataFormatError: qrels.tsv:7: the grade '99999999 ... 99999999' (5,000 characters) is out ...
    """
    shown = shorten(text, _SHOWN)
    if not is_grade(text):
        raise DataFormatError(f"{place}: the grade {shown} is not a whole number.", "Give 0, 1, ...")
    digits = text.strip().removeprefix("-").lstrip("0")
    # int() refuses thousands of digits, so they are counted first
    if len(digits) > len(str(HIGHEST_GRADE)) or int(digits or "0") > HIGHEST_GRADE:
        raise DataFormatError(f"{place}: the grade {shown} is out of range.", f"Give 0, 1, ... up to {HIGHEST_GRADE}.")
    return -int(digits or "0") if "-" in text else int(digits or "0")
