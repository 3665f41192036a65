"""The passages of an index: their vectors, from a model or a folder, and what an index says of where these are from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from beir_hybrid import ModelError, MultilingualCollection
from beir_hybrid.evaluation import Encoder, EncodingOptions, VectorFolder, encode
from beir_hybrid.evaluation.encoding import Vectors, as_encoder
from beir_hybrid_pyserini.shards import Shard

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def passages_alone(collection: MultilingualCollection) -> MultilingualCollection:
    """Return a collection's corpora without its queries and judgements."""
    return MultilingualCollection(collection.name, collection.corpora, {}, {}, collection.passage_text)


def open_passages(
    model: SentenceTransformer | Encoder | VectorFolder,
    corpora: MultilingualCollection,
    shard: Shard | None,
    options: EncodingOptions,
    show_progress: bool,
) -> tuple[list[Vectors], Iterator[str]]:
    """Encode passages, or open their vectors.

    Args:
        model: The encoder, or the folder in which the vectors of all passages are.
        corpora: All passages.
        shard: The part of them that is wanted; None for all.
        options: How to encode.
        show_progress: Whether to show a progress bar.

    Returns:
        Vectors by language, shape (passages, dimensions) each, and the ids of all these passages, one after another.

    Raises:
        MissingDataError: If the folder lacks vectors.
        ConfigurationError: If the folder is of other texts.
    """
    if isinstance(model, VectorFolder):
        opened = model.embeddings(corpora).passages
        passages = list(opened.values()) if shard is None else shard.slices(opened)
        ids = chain.from_iterable(corpora.corpora[language] for language in opened)
        return passages, ids if shard is None else islice(ids, shard.start, shard.stop)
    mine = corpora if shard is None else shard.collection(corpora)
    encoded = encode(as_encoder(model, sparse=False), mine, options, show_progress=show_progress).passages
    return list(encoded.values()), chain.from_iterable(mine.corpora[language] for language in encoded)


def describe_model(
    model: SentenceTransformer | Encoder | VectorFolder, languages: Iterable[str], dtype: str | None
) -> dict[str, Any]:
    """Return what an index says of its model, and ``dimensions``.

    Args:
        model: The encoder, or a folder of its vectors.
        languages: Those of the passages; prompts of others are left out.
        dtype: Number format that is computed in; None for the model's own.

    Raises:
        ModelError: If the model is sparse.
    """
    if isinstance(model, VectorFolder):
        known = model.description
        return {
            "model": known.model,
            "fingerprint": known.fingerprint,
            "dtype": known.dtype,
            "stored": known.stored,
            "document_prompt": known.document_prompt,
            "document_prompts": _of_languages(known.document_prompts, languages),
            "similarity": "cosine" if known.normalised else "dot",
            "dimensions": known.dimensions,
        }
    encoder = as_encoder(model, sparse=False)
    described = encoder.description
    return {
        "model": "",
        "fingerprint": _fingerprint(encoder),
        "dtype": dtype or "",
        "document_prompt": described.document_prompt or "",
        "document_prompts": _of_languages(described.document_prompts, languages),
        "similarity": described.similarity,
        "dimensions": described.dimensions,
    }


def _of_languages(prompts: Mapping[str, str], languages: Iterable[str]) -> dict[str, str] | None:
    """Choose prompts; None if there is none, as of an index that does not say."""
    return {language: prompts[language] for language in languages if language in prompts} or None


def _fingerprint(encoder: Encoder) -> str:
    try:
        return encoder.fingerprint
    except ModelError:  # such as one that runs on ONNX: its index is never taken for another's
        return ""
