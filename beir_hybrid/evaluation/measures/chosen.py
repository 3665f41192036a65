"""Requests for measures: names, groups of names, and the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from beir_hybrid.evaluation.measures.base import Measure
from beir_hybrid.evaluation.measures.build import build_measure, expand_measures
from beir_hybrid.evaluation.measures.check import TRIED_LANGUAGES, try_measure
from beir_hybrid.registry import MEASURES
from beir_hybrid.settings import KINDS, Kind

DEFAULT_MEASURES: Mapping[Kind, tuple[str, ...]] = {
    "mono": ("map", "recall@1", "ndcg@10"),
    "cross": ("map", "recall@1", "ndcg@10"),
    "multi": ("map", "recall@10", "ndcg@10", "rank_distance"),
}
"""What is measured in each kind of setting unless asked otherwise; the paper's choice of recall."""

BIAS_MEASURES = ("same_language_share@10", "language_share@10", "ndkl@10", "mrc@10", "one_target_map")
"""What the name ``bias`` stands for: measures of language bias other than the paper's rank distance."""


def build_measures(names: Sequence[str] | None, otherwise: Sequence[str] = ()) -> dict[Kind, list[Measure]]:
    """Build the measures of each kind of setting.

    Args:
        names: Names for every kind, among them ``default`` and ``bias``, which stand for several; None for
            ``otherwise``.
        otherwise: Names such as a collection's own; empty for :data:`DEFAULT_MEASURES`.

    Raises:
        UnknownNameError: If there is no such measure.
        ConfigurationError: If a cut-off does not fit.
        PluginError: If a measure is broken, has the name of another, or fails on the small made-up run that each is
            tried on.
    """
    wanted = names or otherwise or ("default",)
    spelt_out = {kind: _spelt_out(wanted, kind) for kind in KINDS}
    # each once, since looking a name up reads what every installed distribution registers
    built = {name: build_measure(name) for name in dict.fromkeys(name for kind in KINDS for name in spelt_out[kind])}
    _check_names(built)
    for measure in expand_measures(built.values(), TRIED_LANGUAGES):
        try_measure(measure)
    return {kind: [built[name] for name in spelt_out[kind]] for kind in KINDS}


def _check_names(built: Mapping[str, Measure]) -> None:
    """Refuse two measures of one name, as one's values would overwrite the other's."""
    called: dict[str, str] = {}
    for name, measure in built.items():
        other = called.setdefault(measure.name, name)
        if repr(built[other]) != repr(measure):  # ndcg@10 and ndcg@010 are one
            wrong = other if measure.name == name else name
            raise MEASURES.origin_of(built[wrong]).refusal(
                f"asked for as {wrong!r}, it calls itself {measure.name!r}, and so does another measure.",
                "It must have the name that it is asked for by",
            )


def _spelt_out(names: Sequence[str], kind: Kind) -> list[str]:
    groups = {"default": DEFAULT_MEASURES[kind], "bias": BIAS_MEASURES}
    return list(dict.fromkeys(name for word in names for name in groups.get(word, (word,))))
