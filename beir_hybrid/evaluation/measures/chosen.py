"""Which measures a request stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from beir_hybrid.evaluation.measures.base import Measure
from beir_hybrid.evaluation.measures.build import build_measure
from beir_hybrid.evaluation.settings import KINDS, Kind

__all__ = ["BIAS_MEASURES", "DEFAULT_MEASURES", "build_measures"]

DEFAULT_MEASURES: Mapping[Kind, tuple[str, ...]] = {
    "mono": ("map", "recall@1", "ndcg@10"),
    "cross": ("map", "recall@1", "ndcg@10"),
    "multi": ("map", "recall@10", "ndcg@10", "rank_distance"),
}
"""What is measured in each kind of setting unless asked otherwise; the paper's choice of recall."""

BIAS_MEASURES = ("same_language_share@10", "language_share@10", "ndkl@10", "mrc@10", "one_target_map")
"""What the name ``bias`` stands for: the measures of language bias besides the paper's rank distance."""


def build_measures(names: Sequence[str] | None, otherwise: Sequence[str] = ()) -> dict[Kind, list[Measure]]:
    """Build the measures of each kind of setting.

    Args:
        names: The same for every kind, with ``default`` and ``bias`` for several; None for ``otherwise``.
        otherwise: Such as a collection's own; none for :data:`DEFAULT_MEASURES`.

    Raises:
        UnknownNameError: If there is no such measure.
        ConfigurationError: If a cut-off does not fit.
    """
    wanted = names or otherwise or ("default",)
    spelt_out = {kind: _spelt_out(wanted, kind) for kind in KINDS}
    # each once, since looking a name up reads what every installed distribution registers
    built = {name: build_measure(name) for name in dict.fromkeys(name for kind in KINDS for name in spelt_out[kind])}
    return {kind: [built[name] for name in spelt_out[kind]] for kind in KINDS}


def _spelt_out(names: Sequence[str], kind: Kind) -> list[str]:
    groups = {"default": DEFAULT_MEASURES[kind], "bias": BIAS_MEASURES}
    return list(dict.fromkeys(name for word in names for name in groups.get(word, (word,))))
