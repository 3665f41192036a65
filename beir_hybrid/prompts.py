"""Prompts: what is put before the texts of one role, which may depend on their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from beir_hybrid.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    import pyarrow as pa

    from beir_hybrid.arrays import Ints

Role = Literal["query", "document"]

_NAMES: Mapping[Role, tuple[str, ...]] = {"query": ("query",), "document": ("document", "passage", "corpus")}
"""Names that a model's prompts of a role go by: the first one that it has."""


@dataclass(frozen=True)
class Prompts:
    """What is put before the texts of one role.

    A model keeps them among its own prompts, where ``query-de`` is that of German queries and ``query`` that of all
    others, so that they are saved with it and its ``encode`` takes them by name.

    Attributes:
        usual: Before texts in all languages but those below; None for nothing.
        languages: Before those in some languages, by their codes.

    Examples:
        >>> prompts = Prompts.read("Query: ", ["de=Frage: "], "query_prefix_in")
        >>> prompts.of("de"), prompts.of("en")
        ('Frage: ', 'Query: ')
        >>> prompts.named("query")
        {'query': 'Query: ', 'query-de': 'Frage: '}
    """

    usual: str | None = None
    languages: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, usual: str, given: Iterable[str], option: str) -> Prompts:
        """Read such as ``de=Frage: `` for each language.

        Args:
            usual: Before texts in all other languages.
            given: The words.
            option: Name of the field that has them, for messages.

        Raises:
            ConfigurationError: If a word is none, or a language is given twice.
        """
        languages: dict[str, str] = {}
        for word in given:
            code, equals, text = str(word).partition("=")  # a file may hold a number
            code = code.strip()
            if not equals or not code or code in languages:
                problem = f"gives {code} twice" if code in languages else f"is {shorten(word)}"
                raise ConfigurationError(
                    f"--{option.replace('_', '-')} {problem}.", "Give a language and its text once: 'de=Frage: '"
                )
            languages[code] = text
        return cls(usual, languages)

    @classmethod
    def of_model(cls, model: Any, role: Role) -> Prompts:
        """Return what a loaded model puts before texts of a role.

        Args:
            model: A SentenceTransformer.
            role: Of the texts.
        """
        known: Mapping[str, str] = model.prompts
        chosen = next((name for name in _NAMES[role] if name in known), model.default_prompt_name)
        languages = {
            key.removeprefix(f"{name}-"): text
            for name in reversed(_NAMES[role])
            for key, text in known.items()
            if key.startswith(f"{name}-")
        }
        return cls(known.get(chosen) if chosen is not None else None, languages)

    def of(self, language: str | None = None) -> str | None:
        """Return what is put before texts in a language; None for one that is not known."""
        return self.usual if language is None else self.languages.get(language, self.usual)

    def named(self, role: Role) -> dict[str, str]:
        """Return them by the names that a model keeps them under."""
        name = _NAMES[role][0]
        return {name: self.usual or "", **{f"{name}-{code}": text for code, text in self.languages.items()}}

    def put_before(self, texts: pa.Array | pa.ChunkedArray, codes: Sequence[str], places: Ints) -> pa.Array:
        """Put them before texts.

        Args:
            texts: Of shape (n,).
            codes: Of the languages.
            places: Shape (n,), each text's language by its place in ``codes``.

        Returns:
            Shape (n,).
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        prompts = pa.array([self.of(code) or "" for code in codes], texts.type).take(pa.array(np.asarray(places)))
        joined = pc.binary_join_element_wise(prompts, texts, pa.scalar("", texts.type))
        return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def replace_prompts(model: Any, queries: Prompts, documents: Prompts) -> None:
    """Let a model keep these prompts of both roles, and none of another language that it had.

    Args:
        model: A SentenceTransformer; changed in place.
        queries: Of questions.
        documents: Of passages.
    """
    ours = tuple(f"{name}-" for names in _NAMES.values() for name in names)
    others = {name: text for name, text in model.prompts.items() if not name.startswith(ours)}
    model.prompts = {**others, **queries.named("query"), **documents.named("document")}


def check_prompts(model: Any, prompts: Iterable[Prompts], name: str) -> None:
    """Raise an error if prompts depend on the language and a model leaves prompts out of its vectors.

    In training they are part of each text, where nothing tells them apart from it.

    Args:
        model: A SentenceTransformer.
        prompts: To be put before its texts.
        name: What it was loaded from.

    Raises:
        ConfigurationError: If so.
    """
    if any(each.languages for each in prompts) and not all(getattr(part, "include_prompt", True) for part in model):
        raise ConfigurationError(
            f"{name} leaves prompts out of its pooling, which it can only for one prompt of all languages.",
            "Leave out --query-prefix-in and --passage-prefix-in.",
        )
