"""SentenceBERT and NVEmbed take the options that BEIR's examples give them. BEIR 2.1 and 2.2.0.

They pass what they do not know on to the model, which fails with a TypeError: the ``batch_size`` of the example of DPR,
which SentenceBERT took and ignored before 2.1, and the ``pooling`` of NV-Embed's. The batch size is that of the search,
and NV-Embed pools as it was trained to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any


def _init(option: str, original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    kwargs.pop(option, None)
    original(self, *args, **kwargs)


_COMMON = ("self", "model_path", "max_length", "sep")

METHODS = {  # the option is none of the parameters that the constructor is known to have
    "SentenceBERT.__init__": (partial(_init, "batch_size"), (*_COMMON, "prompts", "prompt_names", "kwargs")),
    "NVEmbed.__init__": (partial(_init, "pooling"), (*_COMMON, "normalize", "prompts", "kwargs")),
}
"""The option is left out."""
