"""SHIFT: passages are moved to where a source language's passages lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from beir_hybrid.arrays import Floats
from beir_hybrid.debiasing.base import Debiasing, Need
from beir_hybrid.debiasing.statistics import LanguageStatistics
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

    def offset(self, statistics: LanguageStatistics, language: str) -> Floats | None:
        """Return V_l, shape (dimensions,); see :meth:`.LanguageStatistics.offset`."""
        return statistics.offset(language, self.source)
