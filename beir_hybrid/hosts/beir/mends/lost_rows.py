"""Texts that an API has not encoded are reported. BEIR 2.2.0.

The encoders of ``beir.retrieval.apis`` log that a request failed and continue without its texts: the vectors after them
would be taken for those of other texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from beir_hybrid.errors import ModelError


def _encode(original: Callable[..., Any], self: Any, texts: Sequence[str], *args: Any, **kwargs: Any) -> Any:
    try:
        vectors = original(self, texts, *args, **kwargs)
    except IndexError:  # of normalizing no vectors at all
        vectors = []
    if len(vectors) != len(texts):
        raise ModelError(
            f"{type(self).__name__} encoded {len(vectors)} of {len(texts)} texts.",
            "Requests failed: what is logged before says why.",
        )
    return vectors


_PARAMETERS = ("self", "texts", "input_type", "batch_size", "prefix", "kwargs")

METHODS = {f"{owner}.encode": (_encode, _PARAMETERS) for owner in ("CohereEmbedAPI", "VoyageAPI")}
"""The vectors of each encoder are counted."""
