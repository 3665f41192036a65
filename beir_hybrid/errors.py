"""The exception tree.

::

    BeirHybridError
      ├─ UnknownNameError        (KeyError)         a name nobody registered
      ├─ DuplicateNameError      (ValueError)       a name registered twice
      ├─ PluginError             (ImportError)      a registered thing that cannot be loaded
      ├─ ConfigurationError      (ValueError)       an option out of range, unknown or in conflict
      ├─ LanguageError           (ValueError)       a language that the data lack
      ├─ MissingDataError        (FileNotFoundError) data that are not where they should be
      ├─ DataFormatError         (ValueError)       data that are not what they should be
      │    └─ ChecksumError      (OSError)          a download whose checksum is wrong
      ├─ BatchError              (ValueError)       data that cannot fill a batch
      ├─ ModelError              (OSError)          a model that cannot be loaded or used
      ├─ OutputError             (OSError)          a folder that must not or cannot be written
      └─ WorkerError             (RuntimeError)     a worker that cannot be reached, fails or dies

Every message names the offending value and what to do about it, in one line that a terminal can show: line breaks
become blanks, other control characters are escaped, and the middle of what is too long is left out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sized

_SHOWN = 20  # known names in a message
_VALUE, _NAME, _PROBLEM, _FIX = 80, 40, 600, 400  # characters at most
_LEFT_OUT = " ... "
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")  # control, direction, half pairs


def shorten(value: object, longest: int = _VALUE) -> str:
    """Write a value for a message: as ``repr`` does, in one line, its middle left out where it is long.

    For ids, texts and whatever else comes from files.

    Args:
        value: Anything.
        longest: Characters at most, quotes included, before the length of what is shortened is added; from 20 on.

    Examples:
        >>> shorten("en:17"), shorten(3)
        ("'en:17'", '3')
        >>> shorten("abcdefghij" * 500, longest=30)
        "'abcdefghija ... jabcdefghij' (5,000 characters)"
        >>> shorten(["one", "two"] * 500, longest=30)
        "['one', 'two ... one', 'two'] (1,000 items)"
    """
    try:
        whole = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists within lists
        return f"a {type(value).__name__} too long to be shown"
    if len(whole) <= longest:
        return whole
    half = (longest - len(_LEFT_OUT)) // 2
    size = len(value) if isinstance(value, Sized) else len(whole)
    noun = "character" if isinstance(value, str | bytes) or not isinstance(value, Sized) else "item"
    return f"{whole[:half]}{_LEFT_OUT}{whole[-half:]} ({plural(size, noun)})"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun.

    Examples:
        >>> plural(1, "setting"), plural(1190, "question")
        ('1 setting', '1,190 questions')
    """
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _one_line(text: str, longest: int) -> str:
    """Write a text in one line that a terminal can show, its middle left out where it is too long."""
    line = " ".join(filter(None, map(str.strip, text.splitlines())))
    shown = _UNSHOWN.sub(lambda match: ascii(match[0])[1:-1], line)
    if len(shown) <= longest:
        return shown
    half = (longest - len(_LEFT_OUT)) // 2
    return f"{shown[:half]}{_LEFT_OUT}{shown[-half:]}"


class BeirHybridError(Exception):
    """Root of all errors that this package raises on purpose.

    Args:
        problem: What is wrong and where, with the offending value (see :func:`shorten`).
        fix: What the user can do about it.

    Attributes:
        problem: As given, in one line of 600 characters at most.
        fix: As given, in one line of 400 characters at most.
    """

    def __init__(self, problem: str, fix: str = "") -> None:
        self.problem = _one_line(problem, _PROBLEM)
        self.fix = _one_line(fix, _FIX)
        super().__init__(self.problem, self.fix)

    def __str__(self) -> str:  # KeyError would quote the message, OSError would print its arguments
        return f"{self.problem} {self.fix}".strip()


class UnknownNameError(BeirHybridError, KeyError):
    """A name that nobody registered."""


class DuplicateNameError(BeirHybridError, ValueError):
    """A name that is registered already."""


class PluginError(BeirHybridError, ImportError):
    """A registered thing that cannot be loaded."""


class ConfigurationError(BeirHybridError, ValueError):
    """An option that is unknown, out of range or in conflict with another."""


class LanguageError(BeirHybridError, ValueError):
    """A language that the data lack."""


class MissingDataError(BeirHybridError, FileNotFoundError):
    """Data that are not where they should be."""


class DataFormatError(BeirHybridError, ValueError):
    """Data that are not what they should be."""


class ChecksumError(DataFormatError, OSError):
    """A download whose checksum is wrong."""


class BatchError(BeirHybridError, ValueError):
    """Data that cannot fill a batch."""


class ModelError(BeirHybridError, OSError):
    """A model that cannot be loaded or used."""


class OutputError(BeirHybridError, OSError):
    """A folder or file that must not, or cannot, be written."""


class WorkerError(BeirHybridError, RuntimeError):
    """A worker of a cluster that cannot be reached, fails or dies."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the closest known name, and one with all of them, or some if there are many.

    Args:
        name: The unknown name.
        known: The names that exist.

    Returns:
        A sentence or two for the ``fix`` of an error.

    Examples:
        >>> did_you_mean("xquadr", ["xquad-r", "mlqa-r"])
        "Did you mean 'xquad-r'? Known: mlqa-r, xquad-r."
    """
    names = sorted(name if len(name) <= _NAME else f"{name[: _NAME - 3]}..." for name in known)
    asked = name[: 2 * _NAME]  # comparing takes time with the square of the length
    close = difflib.get_close_matches(asked, names, n=1, cutoff=0.5)
    suggestion = f"Did you mean {close[0]!r}? " if close else ""
    shown = names if len(names) <= _SHOWN else difflib.get_close_matches(asked, names, n=_SHOWN, cutoff=0.0)
    more = f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
    return f"{suggestion}Known: {', '.join(shown) or 'none'}{more}."
