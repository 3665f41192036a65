"""Files that are whole or not there, and the formats that this package keeps in them."""

from __future__ import annotations

import csv
import errno
import io
import json
import math
import os
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, OutputError

if TYPE_CHECKING:
    import numpy as np


_FORMULA = re.compile(r"(?!-$)[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")  # the last four are the full-width forms
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf|nan)")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_TORCH_WRITER = re.compile(r"PytorchStreamWriter failed|inline_container\.cc:\d+\] \. unexpected pos")


def check_output(
    path: Path, kind: Literal["file", "folder"], option: str = "--output", suffixes: Collection[str] = ()
) -> None:
    """Refuse a place where nothing can be written, before any work is done for it.

    Nothing is made or changed: in the closest folder that exists, a file without a name is tried out. Whatever is at
    the place already is the caller's business.

    Args:
        path: The place of an output; folders above it may be missing.
        kind: What will be written there.
        option: The option that names the place, for messages.
        suffixes: What the name may end in, such as ``.json``, in any case; empty for anything.

    Raises:
        ConfigurationError: If the name ends in something else.
        OutputError: If a file is where a folder is wanted or above, a folder is where a file is wanted, or the place
            cannot be written.
    """
    if suffixes and path.suffix.lower() not in suffixes and not path.is_dir():
        ending = repr(path.suffix) if path.suffix else "no suffix"
        raise ConfigurationError(f"{path} ends in {ending}.", f"End it in {' or '.join(suffixes)}.")
    place = path
    try:
        if kind == "file" and path.is_dir():
            raise OutputError(f"{path} is a folder.", f"Name a file: {option} FILE")
        whole = path.absolute()
        above = [whole, *whole.parents] if kind == "folder" else list(whole.parents)
        place = next(folder for folder in above if os.path.lexists(folder))
        if not place.is_dir():
            what = "a file" if place.exists() else "a link to nothing"
            raise OutputError(f"{place} is {what}.", f"Choose another place: {option} {kind.upper()}")
        for name in whole.relative_to(place).parts:
            with suppress(FileNotFoundError):  # all other errors are about names that cannot exist
                (place / f".{name}.{'x' * 8}.tmp").lstat()  # as long as the temporary files below
        with tempfile.TemporaryFile(dir=place):
            pass
    except OutputError:
        raise
    except (OSError, ValueError) as error:  # a null character is a ValueError
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise OutputError(f"{place} cannot be written: {reason}.", f"Choose another place: {option}") from error


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside the wanted one, and move it there if the block ends well.

    A killed process leaves the old file or the new one, never a part.

    Args:
        path: Where the file belongs; missing folders above it are made.

    Yields:
        The path to write to.

    Raises:
        OutputError: If the folder cannot be written, its disk is full, or the path is a folder.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path.parent} cannot be written: {error.strerror}.", "Choose another folder.") from error
    os.close(handle)
    temporary = Path(name)
    try:
        try:
            yield temporary
        except OSError as error:
            if error.errno not in _NO_ROOM:  # no fault of the file's
                raise
            raise OutputError(f"{path} cannot be written: {os.strerror(error.errno)}.", "Free space there.") from error
        try:
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}.", "Choose another folder.") from error
    finally:
        temporary.unlink(missing_ok=True)


def no_room(error: BaseException) -> str:
    """Return why something could not be written, where that is no fault of what was written.

    Args:
        error: Of the system, or of a library that quotes the system's, such as safetensors and torch.

    Returns:
        The system's words for a full disk, an exceeded quota or a broken disk; empty for any other error.

    Examples:
        >>> no_room(OSError(28, "No space left on device")), no_room(OSError(2, "No such file or directory"))
        ('No space left on device', '')
        >>> no_room(RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"))
        'No space left on device'
    """
    known = {os.strerror(number) for number in _NO_ROOM}
    cause: BaseException | None = error
    while cause is not None:
        text = str(cause)
        if isinstance(cause, OSError) and cause.errno in _NO_ROOM:
            return os.strerror(cause.errno)
        if words := next((words for words in known if words in text), ""):
            return words
        if _TORCH_WRITER.search(text):  # it does not say why
            return "the disk may be full"
        cause = cause.__cause__ or cause.__context__
    return ""


def write_text(path: Path, text: str) -> None:
    """Write a text file as a whole, in UTF-8; half of a surrogate pair becomes its escape, as JSON has it."""
    with new_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file as a whole: two spaces of indent, letters as they are, a newline at the end."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def existing(name: str | Path) -> Path | None:
    """Return the file or folder of that name; None if there is none, or if it is too long to be a path.

    ``Path.exists`` raises for the latter, and in folders that may not be read.
    """
    try:
        path = Path(name)
        return path if path.exists() else None
    except (OSError, ValueError):  # a null character is a ValueError
        return None


def sync(path: Path) -> None:
    """Wait until a file is on the disk, so that its name never stands for less after a power cut."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def parse_json(content: str | bytes) -> Any:
    """Parse JSON of any origin.

    Raises:
        ValueError: If it is not JSON or not Unicode, has a number of thousands of digits, or is nested too deeply; the
            last is a RecursionError in Python, which callers forget.
    """
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_json(path: Path, fix: str, schema: int | None = None) -> dict[str, Any]:
    """Read a JSON object from a file.

    Args:
        path: The file.
        fix: What to do about one that is missing or damaged, for messages.
        schema: The version that its ``schema`` must be; None for a file without versions.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If it cannot be read, is not a JSON object, or is of another schema version.
    """
    try:
        content = parse_json(path.read_bytes())
    except FileNotFoundError as error:
        raise MissingDataError(f"There is no file {path}.", fix) from error
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise DataFormatError(f"{path} cannot be read: {reason}.", fix) from error
    if not isinstance(content, dict):
        raise DataFormatError(f"{path} is not a JSON object.", fix)
    if schema is not None and content.get("schema") != schema:
        raise DataFormatError(f"{path} is not of schema version {schema}.", fix)
    return content


def json_or_none(path: Path) -> dict[str, Any] | None:
    """Read a JSON object from a file that may be missing, damaged or of another origin; then None."""
    try:
        return read_json(path, "")
    except (MissingDataError, DataFormatError):
        return None


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether a value from a JSON file is a finite number; true and false are none.

    Examples:
        >>> [is_number(value) for value in (2, 0.5, True, "2", float("inf"), 10**400)]
        [True, True, False, False, False, False]
    """
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def map_array(path: Path) -> np.memmap[Any, Any]:
    """Map an ``.npy`` file into memory; unlike ``np.load``, this knows no other kinds of files, and thus no pickles.

    Raises:
        OSError: If it cannot be opened.
        ValueError: If it is no such file, or not whole.
    """
    import numpy as np

    try:
        return np.lib.format.open_memmap(path, mode="r")
    except OSError:
        raise
    except Exception as error:  # its header is read as Python's code is, with all the errors of a parser
        raise ValueError(f"it is no whole array ({type(error).__name__}: {error})") from error


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    r"""Write rows as CSV that spreadsheets show as it is.

    A text that a spreadsheet would compute, since it begins with one of ``= + - @`` or a tab or line break, gets an
    apostrophe before it, as OWASP advises against CSV injection; numbers stay numbers, whether floats or written out.

    Args:
        rows: Cells of each row, the headings' first.

    Examples:
        >>> print(csv_text([["run", "difference"], ["=1+1", -0.5], ["@a,b", "-1e-05"]]), end="")
        run,difference
        '=1+1,-0.5
        "'@a,b",-1e-05
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def _inert(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    text = "\n".join(cell.splitlines())  # others than \n would not be quoted, and end the row for some readers
    return f"'{text}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else text


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
