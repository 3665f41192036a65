"""Debiasing: what every method that is found by name is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.debiasing.removal import Removal
from beir_hybrid.debiasing.statistics import LanguageStatistics
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.prompts import Role

Need = Literal["moments", "translations"]
"""What a method may need to be known of vectors, beside their number and mean by language."""
_MOST = 10  # strengths beyond leave nothing but what is taken off


@dataclass(frozen=True)
class Debiasing:
    """A method with its options, before it is fitted: a frozen dataclass whose fields are its options.

    Subclass it, set ``name``, compute :meth:`offset`, :meth:`subspace` or both, and register the class in the group
    ``beir_hybrid.debiasing``. Its options are written behind its name, as in ``--debias lir:directions=8``.

    Args:
        strength: The factor of what is taken off, from 0 to 10; 1 for all of it, 0 for nothing.

    Attributes:
        name: The registered name.
        needs: What must be known of vectors: ``moments`` for :meth:`.LanguageStatistics.moment`, ``translations``
            for offsets over texts that are there in both languages.
        roles: Whose vectors it changes.

    Raises:
        ConfigurationError: If the strength is no number from 0 to 10.
    """

    strength: float = 1.0

    name: ClassVar[str] = ""
    needs: ClassVar[frozenset[Need]] = frozenset()
    roles: ClassVar[tuple[Role, ...]] = ("query", "document")

    def __post_init__(self) -> None:
        given = self.strength
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= _MOST:
            raise ConfigurationError(
                f"The strength of {self.name} is {given!r}.", f"Give a number from 0 to {_MOST}, such as 0.6."
            )

    def check(self, counts: Mapping[str, int]) -> None:
        """Refuse texts that cannot suffice, before they are encoded.

        Args:
            counts: By language, how many texts there are; at least one.

        Raises:
            ConfigurationError: If there are too few.
            LanguageError: If a language is missing that the method needs.
        """

    def offset(self, statistics: LanguageStatistics, language: str) -> Floats | None:
        """Compute what is taken off every vector of a language.

        Args:
            statistics: Of the texts that it is fitted on.
            language: One that they have.

        Returns:
            Shape (dimensions,); None for nothing.
        """
        return None

    def subspace(self, statistics: LanguageStatistics, language: str) -> Floats | None:
        """Compute the directions along which nothing is left of a language's vectors.

        Args:
            statistics: Of the texts that it is fitted on.
            language: One that they have.

        Returns:
            Shape (directions, dimensions), orthonormal, as many for each language; None for none.
        """
        return None

    def fit(self, statistics: LanguageStatistics, *, normalise: bool = True) -> Removal:
        """Compute what is taken off the vectors of each language.

        Args:
            statistics: Of texts, such as those that the model was trained on.
            normalise: Whether vectors have length 1, as where they are compared by cosine.

        Raises:
            ConfigurationError: If the texts do not suffice.
            LanguageError: If a language is missing that the method needs.
        """
        size, known = statistics.dimensions, statistics.known
        self.check(dict(zip(statistics.languages, statistics.counts.tolist(), strict=True)))
        offsets = [self.offset(statistics, language) for language in known]
        directions = [self.subspace(statistics, language) for language in known]
        return Removal(
            known,
            np.stack([np.zeros(size) if each is None else each for each in offsets]).astype(np.float32),
            np.stack([np.zeros((0, size)) if each is None else each for each in directions]).astype(np.float32),
            self.strength,
            self.roles,
            normalise,
        )

    def spec(self) -> str:
        """Write it as the text that :func:`~.build.build_debiasings` makes it from again.

        Examples:
            >>> from beir_hybrid.debiasing.lir import Lir
            >>> Lir().spec(), Lir(strength=0.5, directions=8).spec()
            ('lir', 'lir:directions=8:0.5')
        """
        values = [(each.name, getattr(self, each.name), each.default) for each in fields(self)]
        given = [f"{name}={value}" for name, value, usual in values if value != usual and name != "strength"]
        return ":".join([self.name, *given, *([f"{self.strength:g}"] if self.strength != 1 else [])])
