"""LanguageTokenizer: a translation model's tokenizer, told the languages in whichever way it wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from beir_hybrid.errors import ModelError, shorten
from beir_hybrid.translating.directions import Direction, Languages

_SPARE = 8  # tokens that tell languages and where a text ends, at most
_UNLIMITED = 10**6  # what tokenizers say that do not know a limit


@contextmanager
def loading(name: str) -> Iterator[None]:
    """Raise a ModelError for whatever goes wrong while a translation model is loaded.

    Args:
        name: What it is loaded from.
    """
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # the hosts raise what they like
        raise ModelError(
            f"The translation model {shorten(name)} cannot be loaded: {error}",
            "Name a folder with the model and its tokenizer: --model DIR",
        ) from error


class LanguageTokenizer:
    """Turns texts into tokens, and tokens into texts.

    Args:
        name: Folder or name of the model.
        codes: What it calls languages, by their codes, where it is given.

    Raises:
        ModelError: If it cannot be loaded.
    """

    def __init__(self, name: str, codes: Mapping[str, str]) -> None:
        from transformers import AutoTokenizer

        with loading(name):
            self.host: Any = AutoTokenizer.from_pretrained(name)
        begins = hasattr(self.host, "src_lang")
        special = [*self.host.all_special_tokens, *self.host.get_added_vocab()]
        special += getattr(self.host, "lang_code_to_token", {}).values()  # of M2M100
        sides = [getattr(self.host, side, None) or "" for side in ("source_lang", "target_lang")]
        self.languages = Languages(
            special if begins else self.host.get_vocab(),
            begins=begins,
            pair=(sides[0], sides[1]) if any(sides) else None,
            codes=codes,
            name=shorten(name),
        )

    def longest(self, positions: int | None, max_tokens: int) -> int:
        """Return how many tokens a text may have.

        Args:
            positions: How many the model has places for; None if any.
            max_tokens: Of a translation, which may have twice as many as the text.
        """
        own = self.host.model_max_length
        limits = [own if own < _UNLIMITED else None, positions]
        return max(1, min([max_tokens // 2, *(limit - _SPARE for limit in limits if limit)]))

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, without those that tell languages."""
        if not texts:  # which the host refuses
            return []
        return [len(ids) for ids in self.host(list(texts), add_special_tokens=False, verbose=False)["input_ids"]]

    def encode(self, texts: Sequence[str], direction: Direction) -> list[list[int]]:
        """Return the tokens' numbers of texts for a direction."""
        if direction.source is not None:
            self.host.src_lang = direction.source
        ids: list[list[int]] = self.host([direction.prefix + text for text in texts])["input_ids"]
        return ids

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Return the texts of the tokens' numbers, without special ones."""
        texts = self.host.batch_decode([list(each) for each in ids], skip_special_tokens=True)
        return [text.strip() for text in texts]
