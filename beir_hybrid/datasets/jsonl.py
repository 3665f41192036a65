"""Pairs from a JSON Lines file of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from beir_hybrid.errors import DataFormatError, MissingDataError
from beir_hybrid.pairs import Pair, ParallelPairs

__all__ = ["read_pairs"]


def read_pairs(path: Path) -> ParallelPairs:
    """Read pairs, one JSON object a line with the strings ``group``, ``language``, ``question`` and ``passage``.

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
    wanted = f"Give the strings {', '.join(Pair._fields)}."
    with path.open(encoding="utf-8") as lines:
        try:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DataFormatError(f"{path}:{number}: not a JSON object.", wanted)
                for field in Pair._fields:
                    if not isinstance(row.get(field), str):
                        raise DataFormatError(f"{path}:{number}: {field!r} is {row.get(field)!r}.", wanted)
                yield Pair(*(row[field] for field in Pair._fields))
        except json.JSONDecodeError as error:
            raise DataFormatError(f"{path}:{number}: {error}.", wanted) from error
        except UnicodeDecodeError as error:
            raise DataFormatError(f"{path}: not UTF-8: {error}.", "Convert the file to UTF-8.") from error
