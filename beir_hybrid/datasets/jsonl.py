"""Pairs from a JSON Lines file of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from beir_hybrid.errors import DataFormatError, MissingDataError, shorten
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.storage.files import parse_json


def read_pairs(path: Path) -> ParallelPairs:
    """Read pairs, one JSON object a line.

    Each has the strings ``group``, ``language``, ``question`` and ``passage``, and may have ``negatives``, a list of
    strings in the same language that do not answer the question.

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
    wanted = f"Give the strings {', '.join(ParallelPairs.COLUMNS)}."
    with path.open(encoding="utf-8") as lines:
        try:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                row = parse_json(line)
                if not isinstance(row, dict):
                    raise DataFormatError(f"{path}:{number}: not a JSON object.", wanted)
                for field in ParallelPairs.COLUMNS:
                    if not isinstance(row.get(field), str):
                        raise DataFormatError(f"{path}:{number}: {field!r} is {shorten(row.get(field))}.", wanted)
                negatives = row.get("negatives") or []
                if not isinstance(negatives, list) or not all(isinstance(text, str) for text in negatives):
                    raise DataFormatError(
                        f"{path}:{number}: negatives are {shorten(negatives)}.", "Give a list of strings."
                    )
                yield Pair(row["group"], row["language"], row["question"], row["passage"], tuple(negatives))
        except DataFormatError:
            raise
        except UnicodeDecodeError as error:
            raise DataFormatError(f"{path}: not UTF-8: {error}.", "Convert the file to UTF-8.") from error
        except (ValueError, RecursionError) as error:  # ValueErrors are JSON's, and those of numbers of 4,300 digits
            raise DataFormatError(f"{path}:{number}: {error}.", wanted) from error
