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
      └─ OutputError             (OSError)          a folder that must not or cannot be written

Every message names the offending value and what to do about it, in one line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "BatchError",
    "BeirHybridError",
    "ChecksumError",
    "ConfigurationError",
    "DataFormatError",
    "DuplicateNameError",
    "LanguageError",
    "MissingDataError",
    "ModelError",
    "OutputError",
    "PluginError",
    "UnknownNameError",
    "did_you_mean",
]


class BeirHybridError(Exception):
    """Root of all errors that this package raises on purpose.

    Args:
        problem: What is wrong and where, with the offending value.
        fix: What the user can do about it.
    """

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(problem, fix)
        self.problem = problem
        self.fix = fix

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


_SHOWN = 20  # known names in a message


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the closest known name, and all of them, or some if there are many.

    Args:
        name: The unknown name.
        known: The names that exist.

    Returns:
        A sentence or two for the ``fix`` of an error.

    Examples:
        >>> did_you_mean("xquadr", ["xquad-r", "mlqa-r"])
        "Did you mean 'xquad-r'? Known: mlqa-r, xquad-r."
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    suggestion = f"Did you mean {close[0]!r}? " if close else ""
    shown = names if len(names) <= _SHOWN else difflib.get_close_matches(name, names, n=_SHOWN, cutoff=0.0)
    more = f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
    return f"{suggestion}Known: {', '.join(shown) or 'none'}{more}."
