"""VoyageAPI asks for embeddings as today's client takes it. BEIR 2.2.0, with voyageai 0.2 to 0.5 at least.

It passes ``output_type``, which the client calls ``output_dtype``: each request fails with a TypeError that is logged
and forgotten.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.kit.patches import patch


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let requests go through the option's name of today."""
    known = ("self", "model_path", "api_key", "sep", "torch_dtype", "prompts", "normalize", "convert_to_numpy")
    return patch(module.VoyageAPI, "__init__", _init, (*known, "kwargs"))


def _init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    parameters = inspect.signature(self.vo.embed).parameters
    if "output_type" not in parameters and "output_dtype" in parameters:
        self.vo = _VoyageClient(self.vo)


class _VoyageClient:
    """A client, and the option that it had."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def embed(self, *args: Any, output_type: str = "float", **kwargs: Any) -> Any:
        return self._client.embed(*args, output_dtype=output_type, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_client"], name)
