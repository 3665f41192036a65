"""Files that go with an index, such as topics: written as a stream, and left where they are just so already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from beir_hybrid import ConfigurationError, DataFormatError, OutputError, shorten
from beir_hybrid.storage import check_output, new_file

_FIX = "Choose another name, or give --overwrite."


def check_id(identifier: str, noun: str) -> None:
    """Refuse an id that a line of a TREC run cannot hold.

    Args:
        identifier: The id.
        noun: What it is of, for messages.

    Raises:
        DataFormatError: If it is empty or has a blank.
    """
    if identifier.split() != [identifier]:
        raise DataFormatError(
            f"The {noun} id {shorten(identifier)} is empty or has a blank, which splits it in a run.", "Change that id."
        )


def holds(path: Path, lines: Iterable[str]) -> bool:
    """Return whether a file holds just these lines, which end in line ends."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return all(written == line.encode() for written, line in zip_longest(file, lines, fillvalue=""))


def check_file(path: Path, overwrite: bool, option: str = "--output") -> None:
    """Refuse to write over a file, or where none can be written.

    Args:
        path: The file.
        overwrite: Whether a file that is there may be replaced.
        option: What names it, for messages.

    Raises:
        OutputError: If it is there and must stay, is a folder, or cannot be written.
    """
    check_output(path, "file", option)
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already.", _FIX)


def check_side_file(path: Path, lines: Callable[[], Iterable[str]], overwrite: bool) -> None:
    """Refuse to write over a file that holds anything else.

    Args:
        path: The file.
        lines: Returns what it is to hold; not called if the file is not there.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        OutputError: If it is there and must stay, or is a folder.
    """
    if overwrite or not path.is_file() or not holds(path, lines()):
        check_file(path, overwrite)


def write_lines(path: Path, lines: Callable[[], Iterable[str]], *, overwrite: bool = False) -> bool:
    """Write a file in UTF-8, whole or not at all.

    Args:
        path: The file; one that holds just that already is left as it is.
        lines: Returns the lines, with their ends.
        overwrite: Whether a file that is there is replaced.

    Returns:
        Whether it was written; False if it was there.

    Raises:
        OutputError: If it is there and must stay, is a folder, or cannot be written.
    """
    check_side_file(path, lines, overwrite)
    if holds(path, lines()):
        return False
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines())
    return True


def check_apart(places: Mapping[str, Path | None], folders: Sequence[str]) -> None:
    """Refuse options that name one place, or a place in the folder of another.

    Args:
        places: Paths by option; None for what is not wanted.
        folders: The options that name a folder that holds nothing else.

    Raises:
        ConfigurationError: If so.
    """
    given = {option: path.resolve() for option, path in places.items() if path is not None}
    for option, place in given.items():
        for other, folder in given.items():
            if option == other:
                continue
            if place == folder or (other in folders and folder in place.parents):
                raise ConfigurationError(
                    f"{option} {places[option]} is in the way of {other} {places[other]}.", "Choose another place."
                )
