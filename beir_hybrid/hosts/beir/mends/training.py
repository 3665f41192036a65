"""``beir.retrieval.train`` can be imported. BEIR up to 2.2.0, with transformers 5 or newer.

It imports AdamW from transformers, which has none any more. What fits there instead is this package's TrainRetriever,
which has BEIR's constructor and methods and trains on today's sentence-transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from beir_hybrid.hosts.kit.imports import mend_import

if TYPE_CHECKING:
    from types import ModuleType


def apply() -> Callable[[], None]:
    """Stand by while the module is imported."""
    return mend_import("beir.retrieval.train", _is_known, _fill)


def _is_known(error: ImportError) -> bool:
    return error.name == "transformers" and "AdamW" in str(error)


def _fill(module: ModuleType) -> None:
    from beir_hybrid.training.legacy.retriever import TrainRetriever

    vars(module)["TrainRetriever"] = TrainRetriever
