"""Pairs from a JSON Lines file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from beir_hybrid.datasets.rows import read_rows
from beir_hybrid.errors import DataFormatError, MissingDataError, shorten
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.storage.files import is_number


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_OPTIONAL: dict[str, tuple[Callable[[Any], bool], str, bool]] = {  # whether a value fits, its form, if it is a list
    "negatives": (_is_text, "a list of strings", True),
    "passage_language": (_is_text, "a language code", False),
    "score": (is_number, "a number", False),
    "negative_languages": (_is_text, "a list of language codes", True),
    "negative_scores": (is_number, "a list of numbers", True),
}


def read_pairs(path: Path) -> ParallelPairs:
    """Read pairs, one JSON object a line.

    Each has the strings ``group``, ``language``, ``question`` and ``passage``, and may have the other fields of
    :class:`~beir_hybrid.Pair`, such as ``negatives``, a list of strings that do not answer the question.

    Args:
        path: The file.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If a line is no such object; the message names file and line.
    """
    if not path.is_file():
        raise MissingDataError(f"There is no file {path}.", "Give a .jsonl or .arrow file of pairs.")
    return ParallelPairs.from_pairs(path.stem, _read(path))


def _read(path: Path) -> Iterator[Pair]:
    columns = ParallelPairs.COLUMNS
    for number, row in read_rows(path, columns, f"Give the strings {', '.join(columns)}."):
        given = {name: row[name] for name in _OPTIONAL if row.get(name) not in (None, [], "")}
        for name, value in given.items():
            fits, form, is_list = _OPTIONAL[name]
            if isinstance(value, list) != is_list or not all(map(fits, value if is_list else [value])):
                verb = "are" if is_list else "is"
                raise DataFormatError(f"{path}:{number}: {name} {verb} {shorten(value)}.", f"Give {form}.")
        optional: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        yield Pair(*(row[name] for name in columns), **optional)
