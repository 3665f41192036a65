"""``beir.retrieval.apis`` can be imported. BEIR 2.2.0.

Its modules import ``.util``, which lies in ``beir.retrieval.models``; BEIR's repository has mended that since.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from beir_hybrid.hosts.kit.imports import mend_import

if TYPE_CHECKING:
    from types import ModuleType

_MODULE = "beir.retrieval.apis.util"


def apply() -> Callable[[], None]:
    """Stand by while the module is imported; one that BEIR has is left as it is."""
    return mend_import(_MODULE, lambda error: error.name == _MODULE, _fill)


def _fill(module: ModuleType) -> None:
    from beir.retrieval.models import util

    vars(module)["extract_corpus_sentences"] = util.extract_corpus_sentences
