"""VoyageAPI asks for embeddings as today's client takes it. BEIR 2.2.0, with voyageai 0.2 to 0.5 at least.

It passes ``output_type``, which the client calls ``output_dtype``: each request fails with a TypeError that is logged
and forgotten.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from beir_hybrid.hosts.kit.patches import Overlay


def _init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    parameters = inspect.signature(self.vo.embed).parameters
    if "output_type" not in parameters and "output_dtype" in parameters:
        self.vo = Overlay(self.vo, embed=partial(_embed, self.vo))


def _embed(client: Any, *args: Any, output_type: str = "float", **kwargs: Any) -> Any:
    return client.embed(*args, output_dtype=output_type, **kwargs)


_PARAMETERS = ("self", "model_path", "api_key", "sep", "torch_dtype", "prompts", "normalize", "convert_to_numpy")

METHODS = {"VoyageAPI.__init__": (_init, (*_PARAMETERS, "kwargs"))}
"""Requests go through the option's name of today."""
