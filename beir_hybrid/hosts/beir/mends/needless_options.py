"""SentenceBERT and NVEmbed take the options that BEIR's examples give them. BEIR 2.1 and 2.2.0.

They pass what they do not know on to the model, which fails with a TypeError: the ``batch_size`` of the example of DPR,
which SentenceBERT took and ignored before 2.1, and the ``pooling`` of NV-Embed's. The batch size is that of the search,
and NV-Embed pools as it was trained to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.kit.patches import patch_methods

_OPTIONS = {
    "SentenceBERT": ("batch_size", ("self", "model_path", "max_length", "sep", "prompts", "prompt_names", "kwargs")),
    "NVEmbed": ("pooling", ("self", "model_path", "max_length", "sep", "normalize", "prompts", "kwargs")),
}
"""By class, the option, and the parameters that the constructor is known to have: the option is none of them."""


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Leave the option out."""
    return patch_methods(
        module, {f"{owner}.__init__": (partial(_init, option), known) for owner, (option, known) in _OPTIONS.items()}
    )


def _init(option: str, original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    kwargs.pop(option, None)
    original(self, *args, **kwargs)
