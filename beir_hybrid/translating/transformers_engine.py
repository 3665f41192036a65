"""TransformersTranslator: any model of transformers that turns one sequence into another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from beir_hybrid.errors import ConfigurationError, ModelError, shorten
from beir_hybrid.evaluation.encoding.fingerprint import fingerprint_of_weights
from beir_hybrid.models import check_name
from beir_hybrid.translating.language_tokenizer import LanguageTokenizer, loading
from beir_hybrid.translating.model_card import licence_of

_DTYPES = ("float32", "float16", "bfloat16")


class TransformersTranslator:
    """NLLB, M2M100, mBART-50, Marian, MADLAD and other models that ``AutoModelForSeq2SeqLM`` loads.

    Args:
        model: Folder, or name on the Hugging Face hub.
        device: Such as ``cuda:1``; None for a GPU where there is one.
        dtype: Number format; None for that of the weights.
        beams: Of the search; 1 is greedy.
        max_tokens: Most tokens of a translation.
        codes: What the model calls languages, by their codes, where that is not recognised.

    Raises:
        ModelError: If it cannot be loaded.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str | None = None,
        dtype: str | None = None,
        beams: int = 1,
        max_tokens: int = 256,
        codes: Mapping[str, str] | None = None,
    ) -> None:
        import torch
        from transformers import AutoModelForSeq2SeqLM

        if dtype is not None and dtype not in _DTYPES:
            raise ConfigurationError(f"dtype is {shorten(dtype)}.", f"Choose {', '.join(_DTYPES)}.")
        check_name(model)
        self._tokenizer = LanguageTokenizer(model, codes or {})
        with loading(model):
            host: Any = AutoModelForSeq2SeqLM.from_pretrained(model, dtype=dtype or "auto")
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        host.generation_config.forced_eos_token_id = None  # what is cut off has no end: as CTranslate2 does it
        self._model = host.eval().to(device)
        positions = getattr(host.config, "max_position_embeddings", None)
        self._most = min(max_tokens, positions - 1) if positions else max_tokens
        self._beams = beams
        self.longest = self._tokenizer.longest(positions, max_tokens)
        options = ["transformers", str(host.dtype), beams, self._most]
        self.fingerprint = fingerprint_of_weights(host, self._tokenizer.host, *options)
        self.licence = licence_of(model)

    def check(self, source: str, targets: Sequence[str]) -> None:
        """Raise an error if the model lacks a language; see :meth:`~.translator.Translator.check`."""
        self._tokenizer.languages.check(source, targets)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        return self._tokenizer.lengths(texts)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Translate a batch; see :meth:`~.translator.Translator.translate`."""
        told = 1 if self._tokenizer.languages.direction(source, target).first is None else 2  # tokens that begin it
        return self._tokenizer.decode([ids[told:] for ids in self.generate(texts, source, target)])

    def generate(self, texts: Sequence[str], source: str, target: str) -> list[list[int]]:
        """Translate a batch, and return the numbers of the tokens, with special ones."""
        import torch

        direction = self._tokenizer.languages.direction(source, target)
        ids = self._tokenizer.encode(texts, direction)
        batch = self._tokenizer.host.pad({"input_ids": ids}, return_tensors="pt").to(self._model.device)
        first = None if direction.first is None else self._tokenizer.host.convert_tokens_to_ids(direction.first)
        try:
            with torch.inference_mode():
                written = self._model.generate(
                    input_ids=batch["input_ids"],
                    attention_mask=batch["attention_mask"],
                    forced_bos_token_id=first,
                    num_beams=self._beams,
                    do_sample=False,
                    max_new_tokens=self._most,
                )
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"The device has no room for {len(texts)} texts at once.", "Translate fewer: --batch-tokens 1024"
            ) from error
        return written.tolist()
