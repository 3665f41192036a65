"""CTranslate2Translator: models that CTranslate2 converted, several times as fast on a CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

from beir_hybrid.errors import ConfigurationError, ModelError, shorten
from beir_hybrid.storage.checksums import file_checksum
from beir_hybrid.translating.language_tokenizer import LanguageTokenizer, loading
from beir_hybrid.translating.model_card import licence_of

_CARD = "README.md"


class CTranslate2Translator:
    """A model that ``ct2-transformers-converter`` wrote, with its tokenizer's files beside it.

    Args:
        model: The folder.
        device: Such as ``cpu`` or ``cuda:1``; None for a GPU where there is one.
        dtype: Number format, such as ``int8`` or ``float16``; None for that of the weights.
        beams: Of the search; 1 is greedy.
        max_tokens: Most tokens of a translation.
        codes: What the model calls languages, by their codes, where that is not recognised.

    Raises:
        ModelError: If it is no such folder, or CTranslate2 is not installed.
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
        folder = Path(model)
        if not (folder / "model.bin").is_file():
            raise ModelError(
                f"{shorten(model)} is no folder of a model that CTranslate2 converted.",
                "Convert one: ct2-transformers-converter --model NAME --output_dir DIR --copy_files tokenizer.json ...",
            )
        try:
            import ctranslate2
        except ImportError as error:
            raise ModelError("CTranslate2 is not installed.", "Install it: pip install ctranslate2") from error
        place, _, number = (device or "auto").partition(":")
        known = ctranslate2.get_supported_compute_types(place if place == "cuda" else "cpu")
        if dtype is not None and dtype not in known:
            raise ConfigurationError(
                f"dtype is {shorten(dtype)}, which CTranslate2 lacks there.", f"Choose {', '.join(sorted(known))}."
            )
        self._tokenizer = LanguageTokenizer(model, codes or {})
        with loading(model):
            self._model = ctranslate2.Translator(
                model, device=place, device_index=int(number or 0), compute_type=dtype or "default"
            )
        self._beams, self._most = beams, max_tokens
        self.longest = self._tokenizer.longest(None, max_tokens)
        digest = blake2b(repr(["ctranslate2", self._model.compute_type, beams, max_tokens]).encode(), digest_size=16)
        for path in sorted(path for path in folder.iterdir() if path.is_file() and path.name != _CARD):
            digest.update(f"{path.name} {file_checksum(path)}\n".encode())
        self.fingerprint = digest.hexdigest()
        self.licence = licence_of(model)

    def check(self, source: str, targets: Sequence[str]) -> None:
        """Raise an error if the model lacks a language; see :meth:`~.translator.Translator.check`."""
        self._tokenizer.languages.check(source, targets)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        return self._tokenizer.lengths(texts)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Translate a batch; see :meth:`~.translator.Translator.translate`."""
        return self._tokenizer.decode(self.generate(texts, source, target))

    def generate(self, texts: Sequence[str], source: str, target: str) -> list[list[int]]:
        """Translate a batch, and return the numbers of the tokens."""
        direction = self._tokenizer.languages.direction(source, target)
        host = self._tokenizer.host
        tokens = [host.convert_ids_to_tokens(ids) for ids in self._tokenizer.encode(texts, direction)]
        first = None if direction.first is None else [[direction.first]] * len(texts)
        written = self._model.translate_batch(
            tokens, target_prefix=first, beam_size=self._beams, max_decoding_length=self._most, max_input_length=0
        )
        start = 0 if first is None else 1
        ids: list[list[int]] = [host.convert_tokens_to_ids(each.hypotheses[0][start:]) for each in written]
        return ids
