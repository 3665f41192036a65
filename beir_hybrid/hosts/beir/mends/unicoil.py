"""UniCOIL loads its weights. BEIR up to 2.2.0 at least, with transformers 5.

Its encoder ends its construction without ``post_init``, by which transformers learns of tied weights: loading fails
with ``'UniCoilEncoder' object has no attribute 'all_tied_weights_keys'``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _init(original: Callable[..., None], self: Any, config: Any) -> None:
    original(self, config)
    if not hasattr(self, "all_tied_weights_keys"):
        self.post_init()


METHODS = {"UniCoilEncoder.__init__": (_init, ("self", "config"))}
"""The construction ends where transformers needs it; there is nothing to switch off where it does not."""
