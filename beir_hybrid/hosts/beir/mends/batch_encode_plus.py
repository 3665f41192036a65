"""MonoT5 and TILDE read texts. BEIR up to 2.2.0 at least, with transformers 5.

They call ``batch_encode_plus`` of their tokenizers, which have no such method any more: calling them does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.kit.patches import patch_methods


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Add the method to the tokenizers that BEIR makes or gets, where they lack it."""
    parameters = {
        "QueryDocumentBatchTokenizer": ("self", "tokenizer", "pattern", "tokenizer_kwargs"),
        "TILDE": ("self", "model_path", "gen_prefix", "use_fast", "device", "kwargs"),
    }
    return patch_methods(module, {f"{owner}.__init__": (_init, known) for owner, known in parameters.items()})


def _init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    tokenizer = self.tokenizer
    if not hasattr(tokenizer, "batch_encode_plus"):
        tokenizer.batch_encode_plus = tokenizer.__call__
