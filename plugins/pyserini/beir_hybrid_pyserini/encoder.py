"""Encoders for Pyserini that apply a sentence-transformers model as it was trained.

Pyserini's own ``auto`` encoders load the transformer of such a folder and take pooling and normalisation from the
command line; they know nothing of prompts, Dense layers, adapters or static embeddings. These apply the whole model,
as :func:`~beir_hybrid.evaluation.encode` does. They have the methods and arguments that Pyserini 1.6
and 2.x
call, and need neither Pyserini nor Java themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from beir_hybrid import ConfigurationError, Floats32, ModelError, MultilingualCollection, Passage, load_model
from beir_hybrid.evaluation import EncodingOptions, VectorFolder, encode
from beir_hybrid.evaluation.encoding import as_encoder, fingerprint_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


PREFIX = "beir-hybrid:"
"""What stands before a model's folder on Pyserini's command line to choose these encoders."""


def encode_texts(
    model: SentenceTransformer, texts: Sequence[str], role: Literal["query", "document"], batch_size: int = 32
) -> Floats32:
    """Encode texts as an evaluation does: with pooling, the role's prompt and, for cosine, normalisation.

    Args:
        model: The encoder.
        texts: Any texts.
        role: What they are.
        batch_size: Texts per forward pass.

    Returns:
        Shape (texts, dimensions), float32.

    Raises:
        ModelError: If the model gives no dense vector for each text, its similarity is neither cosine nor dot, or a
            vector cannot be scored.
    """
    encoder = as_encoder(model, sparse=False)
    numbered = {f"x:{number}": text for number, text in enumerate(texts)}
    if role == "query":
        asked = MultilingualCollection("texts", {}, {"x": numbered}, {})
        return np.asarray(encode(encoder, asked, EncodingOptions(batch_size)).queries["x"][:])
    passages = {number: Passage(text) for number, text in numbered.items()}
    corpus = MultilingualCollection("texts", {"x": passages}, {}, {})
    return np.asarray(encode(encoder, corpus, EncodingOptions(batch_size)).passages["x"][:])


class QueryEncoder:
    """A query encoder for Pyserini's ``FaissSearcher``.

    Args:
        encoder_dir: Folder of a sentence-transformers model, or its name on the hub, or a loaded model.
        tokenizer_name: Must be None: the model has its own tokenizer.
        device: Such as ``cpu`` or ``cuda:0``.
        prefix: Must be None: the model has its own prompts.
        fp16: Whether to compute in half precision.
        batch_size: Texts per forward pass of :meth:`encode_batch`.
        **others: Pyserini's options for other encoders, such as ``pooling``, which the model decides itself.

    Raises:
        ModelError: If there is no such model.
        ConfigurationError: If a tokenizer or prefix is given.
    """

    has_model = True
    has_encoded_query = False

    def __init__(
        self,
        encoder_dir: str | Path | SentenceTransformer,
        tokenizer_name: str | None = None,
        device: str | None = "cpu",
        prefix: str | None = None,
        fp16: bool = False,
        batch_size: int = 32,
        **others: Any,
    ) -> None:
        self.model = _load(encoder_dir, device, fp16)
        self.batch_size = batch_size
        for option, given in (("--tokenizer", tokenizer_name), ("--query-prefix", prefix)):
            if given is not None:
                raise ConfigurationError(
                    f"{option} is {given!r}, but the model brings its own.",
                    "Leave it out, or store another prompt in the model's config_sentence_transformers.json.",
                )

    def encode(self, query: str, **options: Any) -> Floats32:
        """Encode one query: shape (dimensions,), float32."""
        vector: Floats32 = self.encode_batch([query])[0]
        return vector

    def encode_batch(self, queries: Sequence[str], **options: Any) -> Floats32:
        """Encode queries: shape (queries, dimensions), float32."""
        return encode_texts(self.model, queries, "query", self.batch_size)

    @property
    def dimensions(self) -> int:
        """Of each vector; 0 if the model does not say."""
        return self.model.get_embedding_dimension() or 0

    @cached_property
    def fingerprint(self) -> str:
        """The model's; empty if it has none."""
        try:
            return fingerprint_of(self.model)
        except ModelError:
            return ""


class RememberingEncoder(QueryEncoder):
    """A query encoder that encodes each query once, for searches of several indexes; arguments as above.

    Args:
        encoder: The query encoder, or what it is made of.
        batch_size: Texts per forward pass.
    """

    def __init__(self, encoder: SentenceTransformer | QueryEncoder, *, batch_size: int = 32) -> None:
        self._encoder = encoder if isinstance(encoder, QueryEncoder) else QueryEncoder(encoder, batch_size=batch_size)
        self._known: dict[str, Floats32] = {}

    def encode_batch(self, queries: Sequence[str], **options: Any) -> Floats32:
        """Encode queries: shape (queries, dimensions), float32."""
        new = [query for query in dict.fromkeys(queries) if query not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode_batch(new), strict=True))
        return np.stack([self._known[query] for query in queries])

    @property
    def dimensions(self) -> int:
        """Of each vector."""
        return self._encoder.dimensions

    @cached_property
    def fingerprint(self) -> str:
        """The model's; empty if it has none."""
        return self._encoder.fingerprint


class KnownQueries(QueryEncoder):
    """Vectors of queries that ``beir-hybrid encode`` has written, in a query encoder's place.

    Args:
        folder: Holds the vectors of the queries.
        topics: The queries by id, as they were encoded.

    Raises:
        MissingDataError: If the folder lacks shards of them.
        ConfigurationError: If they are no queries of the folder's, or have other texts.
    """

    def __init__(self, folder: VectorFolder, topics: Mapping[str, str]) -> None:
        known = folder.description
        queries: dict[str, dict[str, str]] = {}
        for query, text in topics.items():
            language = query.partition(":")[0]
            if language not in known.counts["query"]:
                raise ConfigurationError(
                    f"{folder.path} has no vectors of queries such as {query!r}.",
                    "Give topics of the dataset that was encoded, or leave out --vectors.",
                )
            queries.setdefault(language, {})[query] = text
        vectors = folder.embeddings(MultilingualCollection(known.dataset, {}, queries, {})).queries
        texts = [text for part in queries.values() for text in part.values()]
        self._known = dict(zip(texts, np.concatenate([vectors[language][:] for language in queries]), strict=True))
        self._description = known

    def encode_batch(self, queries: Sequence[str], **options: Any) -> Floats32:
        """Return the vectors of queries: shape (queries, dimensions), float32."""
        return np.stack([self._known[query] for query in queries])

    @property
    def dimensions(self) -> int:
        """Of each vector."""
        return self._description.dimensions

    @cached_property
    def fingerprint(self) -> str:
        """The model's."""
        return self._description.fingerprint


class DocumentEncoder:
    """A document encoder for ``pyserini.encode``.

    Args:
        model_name: As for :class:`QueryEncoder`.
        device: Such as ``cpu`` or ``cuda:0``.
        **others: Pyserini's options for other encoders, which the model decides itself.

    Raises:
        ModelError: If there is no such model.
    """

    def __init__(self, model_name: str | Path | SentenceTransformer, device: str | None = "cpu", **others: Any) -> None:
        self.model = _load(model_name, device, False)

    def encode(self, texts: Sequence[str], titles: Sequence[str | None] | None = None, **options: Any) -> Floats32:
        """Encode documents, whose titles go before their texts.

        Args:
            texts: The texts; None is an empty one.
            titles: As many; None for no title.
            **options: What Pyserini gives every encoder, such as ``max_length``, which the model decides itself.

        Returns:
            Shape (documents, dimensions), float32.
        """
        heads = [None] * len(texts) if titles is None else titles
        joined = [f"{head or ''} {text or ''}".strip() for head, text in zip(heads, texts, strict=True)]
        return encode_texts(self.model, joined, "document", max(1, len(joined)))


def _load(model: str | Path | SentenceTransformer, device: str | None, fp16: bool) -> SentenceTransformer:
    if isinstance(model, (str, Path)):
        name = str(model)
        model = load_model(name.removeprefix(PREFIX), device)
    return model.half() if fp16 else model
