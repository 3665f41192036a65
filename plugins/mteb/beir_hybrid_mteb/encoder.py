"""TaskEncoder: any encoder of MTEB, as this package encodes with it, each text once and none that the cache knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
from datasets import Dataset, are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
from mteb import TaskMetadata
from mteb._create_dataloaders import create_dataloader
from mteb.models import EncoderProtocol, ModelMeta, SentenceTransformerEncoderWrapper
from mteb.types import PromptType

from beir_hybrid import Floats32, ModelError
from beir_hybrid.evaluation import Encoder
from beir_hybrid.evaluation.encoding import Description

_ROLES: dict[Literal["query", "document"], PromptType] = {"query": PromptType.query, "document": PromptType.document}


class TaskEncoder(Encoder):
    """An encoder of MTEB, applied as MTEB applies it to a task.

    A model of sentence-transformers that MTEB gives no prompt of its own encodes as ``beir-hybrid evaluate`` lets it,
    which shares its vectors. Models with a wrapper of their own encode each language by itself, with the language as
    the subset, since they may choose prompts by it.

    Args:
        model: The encoder.
        metadata: The task's.
        split: The task's.
        encode_kwargs: What MTEB passes on to the model.
        languages: The task's.
        similarity: ``cosine`` or ``dot``; see :func:`inner_product`.
    """

    def __init__(
        self,
        model: EncoderProtocol,
        metadata: TaskMetadata,
        split: str,
        encode_kwargs: Mapping[str, Any],
        languages: tuple[str, ...],
        similarity: str,
    ) -> None:
        self._encoder, self._metadata, self._split = model, metadata, split
        self._options = {**encode_kwargs, "show_progress_bar": False}
        self._languages, self._similarity = languages, similarity
        # the kind of a wrapped model is not looked at, only that of sentence-transformers is a SentenceTransformer
        super().__init__(self._wrapper.model if self._is_unchanged else _Texts(self._encode))  # type: ignore[arg-type]

    @property
    def sparse(self) -> bool:
        """Whether its vectors are sparse: never, as MTEB makes them dense."""
        return False

    @property
    def name(self) -> str:
        """What MTEB calls the model."""
        return str(getattr(self.meta, "name", None) or "unnamed")

    @property
    def device(self) -> str:
        """Where the model is; empty if it does not say."""
        return str(getattr(getattr(self._encoder, "model", None), "device", ""))

    @cached_property
    def description(self) -> Description:
        """What must be known of the model; a language stands for the prompt that a wrapper puts before its texts."""
        if self._is_unchanged:
            return super().description
        if self.is_plain:  # which MTEB lets know no language
            own = Encoder(self._wrapper.model).description
            return Description(self._similarity, own.dtype, own.dimensions, None, None, self.name)
        by_language = {language: language for language in self._languages}
        return Description(self._similarity, "unknown", 0, None, None, self.name, by_language, by_language)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the model and all that MTEB lets it know of the task.

        Raises:
            ModelError: If it is none of sentence-transformers, whose weights are all there is to it.
        """
        if self._is_unchanged:
            return super().fingerprint
        if not self.is_plain:
            raise ModelError(f"{self.name} is no model of sentence-transformers.", "Its vectors are kept in memory.")
        wrapper = self._wrapper
        options = sorted((name, repr(value)) for name, value in self._options.items() if name != "batch_size")
        known = (Encoder(wrapper.model).fingerprint, wrapper.model_prompts, self._metadata.name, self._split, options)
        return blake2b(repr(known).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    @property
    def is_plain(self) -> bool:
        """Whether wrapper and model are those of MTEB and sentence-transformers; those of single models do more."""
        from sentence_transformers import SentenceTransformer

        wrapped = type(self._encoder) is SentenceTransformerEncoderWrapper
        return wrapped and type(self._wrapper.model).encode is SentenceTransformer.encode

    @cached_property
    def _is_unchanged(self) -> bool:
        """Whether MTEB would encode as this package does: without options, and behind the model's usual prompts."""
        if not self.is_plain or set(self._options) - {"batch_size", "show_progress_bar"}:
            return False
        wrapper, own = self._wrapper, Encoder(self._wrapper.model).description
        for role, kind in _ROLES.items():
            prompts = own.prompts(role)
            name = wrapper.get_prompt_name(self._metadata, kind)
            if prompts.languages or (name is not None and wrapper.model_prompts[name] != prompts.usual):
                return False
        return True

    @property
    def _wrapper(self) -> Any:
        return self._encoder

    @property
    def meta(self) -> ModelMeta:
        """What MTEB knows of the model; some of its wrappers have None here."""
        return self._encoder.mteb_model_meta

    @property
    def batch_size(self) -> int:
        """Texts per forward pass."""
        return int(self._options.get("batch_size", 32))

    def _encode(self, texts: list[str], language: str | None, role: PromptType) -> Floats32:
        with _without_bars():
            loader = create_dataloader(
                Dataset.from_dict({"id": [str(number) for number in range(len(texts))], "text": texts}),
                task_metadata=self._metadata,
                prompt_type=role,
                batch_size=self.batch_size,
            )
        vectors = self._encoder.encode(
            loader,
            task_metadata=self._metadata,
            hf_split=self._split,
            hf_subset=language or "default",
            prompt_type=role,
            **self._options,
        )
        return np.asarray(vectors, np.float32)


class _Texts:
    """The part of a SentenceTransformer that encodes.

    Args:
        encode: Takes texts, their language and what they are.
    """

    device = "cpu"  # it stays where it is

    def __init__(self, encode: Any) -> None:
        self._encode = encode

    def encode_query(self, texts: list[str], prompt: str | None = None, **_: Any) -> Floats32:
        """Encode queries; the prompt is their language."""
        return self._encode(texts, prompt, PromptType.query)

    def encode_document(self, texts: list[str], prompt: str | None = None, **_: Any) -> Floats32:
        """Encode passages; the prompt is their language."""
        return self._encode(texts, prompt, PromptType.document)


@contextmanager
def _without_bars() -> Iterator[None]:
    """Hide the bars of datasets, of which there would be one for every few texts."""
    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def inner_product(model: EncoderProtocol) -> str | None:
    """Try whether a model's similarity is ``cosine`` or ``dot``.

    Returns:
        Which of them; None if it is another, whose scores are no inner products.
    """
    import torch

    first, second = torch.tensor(np.random.default_rng(0).normal(size=(2, 4, 8)).astype(np.float32))
    try:
        scores = np.asarray(model.similarity(first, second), np.float32)
    except (RuntimeError, TypeError, ValueError, NotImplementedError, IndexError):
        return None
    unit = [rows / rows.norm(dim=1, keepdim=True) for rows in (first, second)]
    for name, (left, right) in {"dot": (first, second), "cosine": unit}.items():
        if scores.shape == (4, 4) and np.allclose(scores, (left @ right.T).numpy(), atol=0.02, rtol=0.02):
            return name
    return None
