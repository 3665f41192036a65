"""TranslationOptions: what is translated, and how texts are cut and batched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from beir_hybrid.errors import ConfigurationError, LanguageError


@dataclass(frozen=True)
class TranslationOptions:
    """What is translated, and how.

    Args:
        source: Language code of what is translated.
        targets: Of the translations.
        split_above: Texts of more tokens are split into sentences, which are translated one by one and joined again.
        batch_tokens: Tokens of a batch, at most, with those that fill up shorter texts.

    Raises:
        ConfigurationError: If a number is out of range.
        LanguageError: If a language is given twice, or none is given.

    Examples:
        >>> TranslationOptions("en", ("de", "th")).split_above
        128
    """

    source: str
    targets: tuple[str, ...]
    split_above: int = 128
    batch_tokens: int = 4096

    def __post_init__(self) -> None:
        for name in ("split_above", "batch_tokens"):
            if (value := getattr(self, name)) < 1:
                raise ConfigurationError(f"{name} is {value}.", "Choose at least 1.")
        if not self.targets:
            raise LanguageError("No language to translate to is given.", "Name some: --to de,th")
        known: set[str] = {self.source}
        for code in self.targets:
            if code in known:
                what = "is translated from" if code == self.source else "is given twice"
                raise LanguageError(f"The language {code!r} {what}.", "Name each language once.")
            known.add(code)


def read_codes(words: tuple[str, ...]) -> Mapping[str, str]:
    """Read such as ``de=deu_Latn`` for each language.

    Raises:
        ConfigurationError: If a word is none.

    Examples:
        >>> read_codes(("de=deu_Latn",))
        {'de': 'deu_Latn'}
    """
    codes: dict[str, str] = {}
    for word in words:
        code, equals, name = word.partition("=")
        if not (code and equals and name) or code in codes:
            raise ConfigurationError(
                f"--code is {word!r}.", "Give a language and the model's name of it once: de=deu_Latn"
            )
        codes[code] = name
    return codes
