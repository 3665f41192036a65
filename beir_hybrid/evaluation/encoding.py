"""Encoding a collection: each distinct text once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["Embeddings", "encode"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Embeddings:
    """The vectors of a collection, whose inner products are the scores.

    Attributes:
        queries: Shape (queries of the language, dimensions) by language, in the collection's order.
        passages: Shape (passages of the language, dimensions) by language, in the collection's order.
    """

    queries: dict[str, Floats]
    passages: dict[str, Floats]


def encode(
    model: SentenceTransformer,
    collection: MultilingualCollection,
    *,
    batch_size: int = 32,
    show_progress: bool = False,
) -> Embeddings:
    """Encode all queries and passages of a collection, each distinct text once.

    Queries are encoded with the model's stored query prompt and passages with its document prompt, as
    ``encode_query`` and ``encode_document`` do.

    Args:
        model: The encoder. Its own similarity decides about scores: ``cosine`` normalises the vectors, ``dot`` not.
        collection: What to encode.
        batch_size: Texts per forward pass.
        show_progress: Whether to show progress bars.

    Raises:
        ModelError: If the model's similarity is neither cosine nor dot, or a vector is not finite.
    """
    similarity = model.similarity_fn_name
    if similarity not in {"cosine", "dot"}:
        raise ModelError(
            f"The model's similarity is {similarity!r}; ranks are computed for cosine and dot.",
            'Set model.similarity_fn_name = "cosine".',
        )
    options = {
        "batch_size": batch_size,
        "show_progress_bar": show_progress,
        "normalize_embeddings": similarity == "cosine",
        "convert_to_numpy": True,
    }
    queries = {language: list(texts.values()) for language, texts in collection.queries.items()}
    passages = {
        language: [passage.searchable for passage in texts.values()] for language, texts in collection.corpora.items()
    }
    return Embeddings(
        _encode_once(model.encode_query, queries, options), _encode_once(model.encode_document, passages, options)
    )


def _encode_once(
    encode_texts: Callable[..., Any], by_language: dict[str, list[str]], options: dict[str, Any]
) -> dict[str, Floats]:
    place: dict[str, int] = {}
    numbers = {language: _numbers(texts, place) for language, texts in by_language.items()}
    vectors = np.asarray(encode_texts(list(place), **options), np.float32)
    if not np.isfinite(vectors).all():
        text = list(place)[int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])]
        raise ModelError(f"The model's vector of {text[:60]!r} is not finite.", "Check the training run.")
    return {language: vectors[places] for language, places in numbers.items()}


def _numbers(texts: Sequence[str], place: dict[str, int]) -> npt.NDArray[np.int64]:
    return np.array([place.setdefault(text, len(place)) for text in texts], np.int64)
