"""MonoT5 and TILDE read texts. BEIR up to 2.2.0 at least, with transformers 5.

They call ``batch_encode_plus`` of their tokenizers, which have no such method any more: calling them does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    tokenizer = self.tokenizer
    if not hasattr(tokenizer, "batch_encode_plus"):
        tokenizer.batch_encode_plus = tokenizer.__call__


METHODS = {
    "QueryDocumentBatchTokenizer.__init__": (_init, ("self", "tokenizer", "pattern", "tokenizer_kwargs")),
    "TILDE.__init__": (_init, ("self", "model_path", "gen_prefix", "use_fast", "device", "kwargs")),
}
"""The tokenizers that BEIR makes or gets have the method afterwards, where they lack it."""
