"""Translator: what turns texts of one language into another; engines of any kind are found by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.registry import TRANSLATORS
from beir_hybrid.registry.origin import describe_type


@runtime_checkable
class Translator(Protocol):
    """A translation model that is loaded.

    Attributes:
        fingerprint: The same for the same translations: of the weights and all options that decide about them.
        licence: Of the model, such as ``cc-by-nc-4.0``; empty if unknown.
        longest: Most tokens of a text.
    """

    fingerprint: str
    licence: str
    longest: int

    def check(self, source: str, targets: Sequence[str]) -> None:
        """Raise an error if the model lacks a language.

        Args:
            source: Language code of the texts, as the data have it, such as ``en``.
            targets: Of the translations.

        Raises:
            LanguageError: If so.
        """

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Translate texts, each of :attr:`longest` tokens at most, in one batch.

        Args:
            texts: Shape (n,); none is empty.
            source: Their language.
            target: The language to translate to.

        Returns:
            Shape (n,).
        """


def open_translator(
    engine: str,
    model: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    beams: int = 1,
    max_tokens: int = 256,
    codes: Mapping[str, str] | None = None,
) -> Translator:
    """Load a translation model.

    Args:
        engine: Registered name, such as ``transformers``.
        model: Folder, or what else the engine takes.
        device: Such as ``cuda:1``; None to auto-detect.
        dtype: Number format to compute in, such as ``float16``; None for the engine's usual one.
        beams: Of the search; 1 is greedy.
        max_tokens: Most tokens of a translation.
        codes: What the model calls languages, by their codes, where that is not recognised.

    Raises:
        UnknownNameError: If there is no such engine.
        ConfigurationError: If a number is out of range.
        ModelError: If the model cannot be loaded.
        PluginError: If the engine is no :class:`Translator`.
    """
    for name, value in (("beams", beams), ("max_tokens", max_tokens)):
        if value < 1:
            raise ConfigurationError(f"{name} is {value}.", "Choose at least 1.")
    opener, origin = TRANSLATORS.get(engine), TRANSLATORS.origin(engine)
    options = {"device": device, "dtype": dtype, "beams": beams, "max_tokens": max_tokens}
    with origin.blamed("opening it"):
        opened = opener(model, codes=dict(codes or {}), **options)
    if not isinstance(opened, Translator):
        raise origin.refusal(
            f"it opens {describe_type(opened)}.", "It must return a beir_hybrid.translating.Translator"
        )
    return opened
