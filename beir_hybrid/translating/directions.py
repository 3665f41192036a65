"""Directions: how a model is told from which language to which it translates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from beir_hybrid.errors import LanguageError, did_you_mean
from beir_hybrid.languages import SHORT_CODES

_SINGLE = {"no": "nob"}
"""What models translate to for a code of several languages, where ISO 639 gives that one a code of its own."""

_PLAIN = r"([a-z]{2,3}(?:_[A-Za-z]{2,4})?)"
_AFTER_SOURCE = (re.compile(rf"^{_PLAIN}$"), re.compile(rf"^__{_PLAIN}__$"))  # NLLB and mBART; M2M100
_BEFORE_TEXT = (re.compile(rf"^>>{_PLAIN}<<$"), re.compile(rf"^<2{_PLAIN}>$"))  # Marian; MADLAD


@dataclass(frozen=True)
class Direction:
    """How a model is told what to do.

    Attributes:
        source: What its tokenizer calls the language of the texts; None if it does not ask.
        first: The token that a translation begins with; None if there is none.
        prefix: What is put before each text.
    """

    source: str | None = None
    first: str | None = None
    prefix: str = ""


class Languages:
    """The languages of a model, by the tokens that stand for them.

    Args:
        tokens: The tokens of its vocabulary; of a model with tokens that begin translations, the special ones.
        begins: Whether its tokenizer is told the source and translations begin with a token, as of NLLB and M2M100.
        pair: Language codes of a model for one pair, such as ``("en", "de")``; None if unknown.
        codes: What the model calls languages, by their codes, where it is given.
        name: Of the model, for messages.
    """

    def __init__(
        self,
        tokens: Iterable[str],
        *,
        begins: bool,
        pair: tuple[str, str] | None,
        codes: Mapping[str, str],
        name: str,
    ) -> None:
        self.begins, self.pair, self.codes, self.name = begins, pair, codes, name
        self.tokens: dict[str, str] = {}
        for token in sorted(tokens):
            for form in _AFTER_SOURCE if begins else _BEFORE_TEXT:
                if match := form.match(token):
                    self.tokens[match[1]] = token

    def check(self, source: str, targets: Sequence[str]) -> None:
        """Raise a LanguageError if the model lacks one of the languages."""
        for target in targets:
            self.direction(source, target)

    def direction(self, source: str, target: str) -> Direction:
        """Return how the model is told to translate.

        Raises:
            LanguageError: If it lacks one of the languages.
        """
        if self.begins:
            return Direction(self._called(source), self.tokens[self._called(target)])
        if self.tokens:
            return Direction(prefix=f"{self.tokens[self._called(target)]} ")
        if self.pair is not None:
            for own, code, side in zip(self.pair, (source, target), ("from", "to"), strict=True):
                if own and code not in self.codes and own not in _names(code):
                    raise LanguageError(
                        f"{self.name} translates {side} {own!r}, not {code!r}.",
                        f"If it knows {code}, say what it calls it: --code {code}=NAME",
                    )
        return Direction()

    def _called(self, code: str) -> str:
        """Return what the model calls a language."""
        given = self.codes.get(code)
        for name in _names(code) if given is None else (given,):
            if name in self.tokens:
                return name
            if regions := [known for known in self.tokens if known.startswith(f"{name}_")]:
                return regions[0]  # sorted: zho_Hans comes before zho_Hant, arb_Arab before arb_Latn
        raise LanguageError(
            f"{self.name} has no language {given or code!r}.",
            f"{did_you_mean(given or code, self.tokens)} If it goes by another name: --code {code}=NAME",
        )


def _names(code: str) -> tuple[str, ...]:
    """Return what models may call a language, the likeliest first."""
    language = code.replace("-", "_")
    bare = language.partition("_")[0]
    long = [name for name, short in SHORT_CODES.items() if short == bare]
    return language, *([_SINGLE[bare]] if bare in _SINGLE else []), *long, bare
