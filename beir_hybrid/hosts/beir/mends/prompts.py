"""Models encode without prompts. In BEIR up to 2.2.0 at least.

HuggingFace, LLM2Vec, NVEmbed and VLLMEmbed set what they put before texts only if they are given ``prompts``, and read
it in any case: they fail with an AttributeError.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from beir_hybrid.hosts.kit.patches import replace

_KINDS = ("HuggingFace", "LLM2Vec", "NVEmbed", "VLLMEmbed")
_NAMES = ("query_prefix", "doc_prefix")


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let nothing be put before texts where nothing was given."""
    kinds = [kind for name in _KINDS if (kind := getattr(module, name, None)) is not None]
    lacking = [(kind, name) for kind in kinds for name in _NAMES if not hasattr(kind, name)]
    return [replace(kind, name, "") for kind, name in lacking]
