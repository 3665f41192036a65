"""SentenceBERT takes a ``batch_size``, as BEIR's example of DPR gives it. BEIR 2.1 and 2.2.0.

It passes what it does not know on to SentenceTransformer, which fails with a TypeError. Before 2.1 it took anything
and ignored it: the batch size is that of the search.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.beir.patches import patch

__all__ = ["apply"]

_PARAMETERS = ("self", "model_path", "max_length", "sep", "prompts", "prompt_names", "kwargs")


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Leave the batch size out, unless the model takes one."""
    if "batch_size" in inspect.signature(module.SentenceTransformer.__init__).parameters:
        return []
    return patch(module.SentenceBERT, "__init__", _init, _PARAMETERS)


def _init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    kwargs.pop("batch_size", None)
    original(self, *args, **kwargs)
