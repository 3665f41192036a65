"""PlacedEncoder: a model where it encodes, and as it encodes."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from typing import Any

import numpy as np

from beir_hybrid.errors import ModelError, shorten
from beir_hybrid.evaluation.encoding.cache import EmbeddingCache
from beir_hybrid.evaluation.encoding.conversion import fault, first_unusable, from_sparse, normalised
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.placement import cast, placed
from beir_hybrid.evaluation.encoding.vectors import VectorStore
from beir_hybrid.evaluation.search.scores import Rows
from beir_hybrid.prompts import Role


class PlacedEncoder:
    """A model on the devices and in the format it encodes in, where it is moved when the first text comes.

    Args:
        encoder: The model.
        options: How it encodes.
        stack: Takes it back to where it was.

    Raises:
        ModelError: If the model's similarity is neither cosine nor dot.
    """

    def __init__(self, encoder: Encoder, options: EncodingOptions, stack: ExitStack) -> None:
        similarity = encoder.description.similarity
        if similarity not in {"cosine", "dot"}:
            raise ModelError(
                f"The model's similarity is {similarity!r}; ranks are computed for cosine and dot.",
                'Set model.similarity_fn_name = "cosine".',
            )
        self.encoder = encoder
        self.options = options
        self.normalise = similarity == "cosine"
        self.count = max(1, len(options.devices))  # devices that work side by side
        self._stack = stack

    @cached_property
    def _placed(self) -> dict[str, Any]:
        """The arguments that send texts to the devices."""
        self._stack.enter_context(cast(self.encoder.model, self.options.dtype))
        return self._stack.enter_context(placed(self.encoder.model, self.options.devices))

    def store(self, role: Role, prompt: str | None, cache: EmbeddingCache | None) -> VectorStore:
        """Open the store of the model's vectors in one role, of texts behind a prompt."""
        if cache is None:
            return VectorStore()
        known = self.encoder.description
        return cache.store(
            self.encoder.fingerprint,
            role,
            prompt=prompt,
            normalised=self.normalise,
            dtype=self.options.dtype or known.dtype,
            dimensions=known.dimensions,
            model=known.name,
        )

    def encode(self, role: Role, prompt: str | None, texts: list[str]) -> Rows:
        """Encode texts behind a prompt: shape (texts, dimensions), float32."""
        options, encoder = self._placed, self.encoder
        encode_texts: Any = encoder.model.encode_query if role == "query" else encoder.model.encode_document
        form = {"convert_to_sparse_tensor": True, "save_to_cpu": True} if encoder.sparse else {"convert_to_numpy": True}
        encoded = encode_texts(
            texts,
            prompt=prompt,
            batch_size=self.options.batch_size,
            show_progress_bar=False,
            **form,
            **options,
        )
        vectors: Rows = from_sparse(encoded) if encoder.sparse else np.asarray(encoded, np.float32)
        if self.normalise:  # here, as the norm would have an error of 1e-3 in half precision
            vectors = normalised(vectors)
        wrong = first_unusable(vectors)
        if wrong is not None:
            raise ModelError(
                f"The model's vector of {shorten(texts[wrong])} {fault(vectors, wrong)}.",
                "Check the training run; in float16, encode in bfloat16 or float32.",
            )
        return vectors
