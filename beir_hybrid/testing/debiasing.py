"""DebiasingContract: what this package relies on in a method of debiasing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from beir_hybrid.debiasing.base import Debiasing
from beir_hybrid.debiasing.build import build_debiasings
from beir_hybrid.debiasing.statistics import LanguageStatistics
from beir_hybrid.registry import DEBIASINGS
from beir_hybrid.testing.expectation import Contract, built, expect

_LANGUAGES = ("de", "en", "es")


class DebiasingContract(Contract):
    """Tests of a method. Subclass it, name the class ``Test...``, and set ``name``.

    It is fitted on made-up vectors of 12 dimensions in de, en and es, which are parallel.

    Attributes:
        name: The registered name.
        options: Its options.

    Examples:
        ::

            class TestHalfway(DebiasingContract):
                name = "halfway"
    """

    registry = DEBIASINGS
    options: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture
    def method(self) -> Debiasing:
        """The method, built anew for every test."""
        return built(lambda: build_debiasings(self.name, **self.options)[0], self.name)

    def test_identity_is_name_and_options(self, method: Debiasing) -> None:
        """It is a frozen dataclass under its registered name, and is built again from what it is written as."""
        own = "__dataclass_params__" in vars(type(method))  # not its base's alone
        expect(own, f"{type(method).__name__} is no dataclass.", "Put @dataclass(frozen=True) on it.")
        expect(method.name == self.name, f"It calls itself {method.name!r}.", f"Set name = {self.name!r}.")
        again = built(lambda: build_debiasings(method.spec())[0], method.spec())
        expect(again == method, f"{method.spec()} builds {again!r}, not {method!r}.", "Keep options as they are given.")

    def test_needs_and_roles_are_known(self, method: Debiasing) -> None:
        """It needs and changes nothing that is not there."""
        unknown = sorted(set(method.needs) - {"moments", "translations"})
        expect(not unknown, f"It needs {', '.join(unknown)}.", "Choose of moments, translations.")
        roles = tuple(method.roles)
        fits = roles and set(roles) <= {"query", "document"}
        expect(fits, f"It changes the vectors of {roles!r}.", "Choose of query, document.")

    def test_what_it_takes_off_is_finite_and_has_the_vectors_shape(self, method: Debiasing) -> None:
        """Offsets and directions fit the vectors, and the directions of a language are orthonormal."""
        for language in _LANGUAGES:
            offset, lines = (each(_statistics(method), language) for each in (method.offset, method.subspace))
            fits = offset is None or (np.shape(offset) == (12,) and np.isfinite(offset).all())
            expect(fits, f"The offset of {language} is {offset!r}.", "Return 12 finite numbers for 12 dimensions.")
            fits = lines is None or (np.ndim(lines) == 2 and np.allclose(lines @ lines.T, np.eye(len(lines))))
            expect(fits, f"The subspace of {language} is {lines!r}.", "Return orthonormal rows, such as of an SVD.")

    def test_same_statistics_take_off_the_same(self, method: Debiasing) -> None:
        """Fitted twice, it takes off the same: nothing is drawn at random."""
        one, two = (built(lambda: method.fit(_statistics(method)), self.name) for _ in range(2))
        same = np.array_equal(one.offsets, two.offsets) and np.array_equal(one.directions, two.directions)
        expect(same, "Fitted twice, it takes off two things.", "Draw nothing.")

    def test_it_changes_vectors(self, method: Debiasing) -> None:
        """With all its strength it changes the vectors of some language."""
        removal = built(lambda: method.fit(_statistics(method)), self.name)
        changed = [not np.allclose(removal.apply(np.eye(12), code), np.eye(12)) for code in _LANGUAGES]
        expect(any(changed), "It changes no vector.", "Compute offset() or subspace().")


def _statistics(method: Debiasing) -> LanguageStatistics:
    """Make statistics of parallel vectors, each language's moved in a direction of its own."""
    rng = np.random.default_rng(7)
    meaning, needs = rng.normal(size=(40, 12)), ("moments", "translations")
    statistics = LanguageStatistics(_LANGUAGES, **{need: need in method.needs for need in needs})
    for language in _LANGUAGES:
        statistics.add(language, meaning + rng.normal(size=12), np.ones((40, 3), bool))
    return statistics
