"""SHIFT: passages are moved to where a source language's passages lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from beir_hybrid.arrays import Floats
from beir_hybrid.debiasing.base import Debiasing, Need
from beir_hybrid.debiasing.statistics import LanguageStatistics
from beir_hybrid.errors import ConfigurationError, LanguageError, did_you_mean
from beir_hybrid.prompts import Role


@dataclass(frozen=True)
class Shift(Debiasing):
    """SHIFT of arXiv:2606.18801: ``z - a V_l`` of passages alone, where V_l is the language's offset from a source.

    ``V_l = mean_i(f(d_i in l) - f(d_i in the source language))`` over parallel passages (its equation 1). Passages in
    the source language and all queries stay as they are (its algorithm 1). After the authors' code,
    github.com/yjoonjang/SHIFT, ``src/shift/langvec.py`` and ``apply.py``; there, too, vectors are those that the model
    returns, and are compared by cosine afterwards. The paper's strengths are 0.1 to 1.

    Args:
        source: The language that others are moved to; the paper's is that of the queries.
    """

    source: str = "en"

    name: ClassVar[str] = "shift"
    needs: ClassVar[frozenset[Need]] = frozenset({"translations"})
    roles: ClassVar[tuple[Role, ...]] = ("document",)

    def check(self, counts: Mapping[str, int]) -> None:
        """Refuse texts without the source language, or with no other; see :meth:`.Debiasing.check`."""
        known = [code for code, count in counts.items() if count]
        if self.source not in known:
            fix = f"{did_you_mean(self.source, known)} Write such as shift:source={known[0]}."
            raise LanguageError(f"There are no texts in the source language {self.source!r}.", fix)
        if len(known) == 1:
            problem = f"All texts are in the source language {self.source!r}, of which nothing is taken off."
            raise ConfigurationError(problem, "Give texts in other languages, too.")

    def offset(self, statistics: LanguageStatistics, language: str) -> Floats | None:
        """Return V_l, shape (dimensions,); see :meth:`.LanguageStatistics.offset`."""
        return statistics.offset(language, self.source)
