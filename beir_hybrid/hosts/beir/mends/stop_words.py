"""``beir.generation.models`` can be imported without nltk. In BEIR up to 2.2.0 at least.

Its ``TILDE`` needs the stop words of nltk, on which BEIR does not depend: without nltk, QGenModel cannot be imported
either, which needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from beir_hybrid.hosts.kit.imports import mend_import

if TYPE_CHECKING:
    from types import ModuleType


def apply() -> Callable[[], None]:
    """Stand by while the module is imported."""
    return mend_import("beir.generation.models.tilde", _is_known, _fill)


def _is_known(error: ImportError) -> bool:
    return error.name is not None and error.name.partition(".")[0] == "nltk"


def _fill(module: ModuleType) -> None:
    from beir_hybrid.errors import MissingDataError

    class TILDE:
        """In place of BEIR's: says what that needs."""

        def __init__(self, *_: Any, **__: Any) -> None:
            raise MissingDataError(
                "beir.generation.models.TILDE needs nltk, which is not installed.",
                "Run pip install nltk, and python -m nltk.downloader stopwords.",
            )

    vars(module)["TILDE"] = TILDE
