"""Scaling: what more training languages bring, and cost."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.colours import colour_places
from beir_hybrid.reports.groups import Block, Group
from beir_hybrid.reports.models.curve import Chart, Curve, is_wide
from beir_hybrid.reports.models.words import KIND_TITLES
from beir_hybrid.reports.page.inputs import ReportRun
from beir_hybrid.settings import KINDS
from beir_hybrid.studies.cell import cell_name
from beir_hybrid.studies.outcomes import settings_of

_COMPUTE = (
    ("flops", "training compute in FLOPs"),
    ("tokens", "tokens seen in training"),
    ("examples", "examples seen in training"),
    ("train_seconds", "seconds of training"),
)
_ABOUT_THE_SAME = 1.2
PARTS = ("all", "seen", "unseen")


def training_languages(run: ReportRun) -> tuple[str, ...]:
    """Return the languages that a run was trained on, sorted; empty if they are not known."""
    if run.cell and run.cell.languages:
        return tuple(sorted(run.cell.languages))
    return tuple(sorted({code for pair in drawn_pairs(run) for code in pair}))


def drawn_pairs(run: ReportRun) -> dict[tuple[str, str], float]:
    """Return the number of examples that a run drew, by language of the question and of the passage."""
    counts: dict[str, float] = run.drawn.get("pairs", {})
    # a code may have a hyphen itself; a language is drawn with itself or with others whose codes have none
    known = {half for key in counts for half in key.split("-") if key.count("-") == 1}
    known |= {key[: len(key) // 2] for key in counts if key == f"{key[: len(key) // 2]}-{key[: len(key) // 2]}"}
    pairs = {}
    for key, count in counts.items():
        splits = [(key[:place], key[place + 1 :]) for place, letter in enumerate(key) if letter == "-"]
        best = max(splits, key=lambda pair: sum(code in known for code in pair), default=(key, key))
        pairs[best] = float(count)
    return pairs


def scaling_charts(block: Block, measure: str) -> list[Chart]:
    """Show a measure against the number of training languages and against compute; none unless languages vary.

    Settings of all languages, of those seen in training and of those unseen have charts of their own, since the last
    two are means over other settings at every number of languages. Compute is what all groups tell of: FLOPs, or else
    tokens, examples or seconds; it is left out where all took about the same.

    Args:
        block: What is compared; only cells of studies count.
        measure: Name of the measure.
    """
    groups = [group for group in block.groups if group.study and training_languages(group.runs[0])]
    counts = {group.name: float(len(training_languages(group.runs[0]))) for group in groups}
    if len(set(counts.values())) < 2:
        return []
    axes = [("number of training languages", counts, False)]
    compute = _compute(groups)
    if compute is not None and max(compute[1].values()) > _ABOUT_THE_SAME * min(compute[1].values()) > 0:
        axes.append((*compute, True))
    direction = printed(measure).direction
    height = f"{printed(measure).title} ({direction})" if direction else printed(measure).title
    charts = []
    for words, places, is_compute in axes:
        wide = is_compute or is_wide(places.values())
        for kind in KINDS:
            for which in PARTS:
                curves = _curves(block, groups, places, kind, measure, which)
                title = f"{KIND_TITLES[kind]}, {which} languages" + ", by compute" * is_compute
                if curves:
                    charts.append(Chart(title, words, height, curves, logarithmic=wide, by_run=False))
    return charts


def _compute(groups: Sequence[Group]) -> tuple[str, dict[str, float]] | None:
    """Return what compute is measured by, and that of each group; None if no measure is known for all."""
    for name, words in _COMPUTE:
        means = {group.name: _mean([run.cost.amount(name) for run in group.runs]) for group in groups}
        known = {group: value for group, value in means.items() if value is not None}
        if len(known) == len(groups):
            return words, known
    return None


def _curves(
    block: Block, groups: Sequence[Group], places: dict[str, float], kind: str, measure: str, which: str
) -> tuple[Curve, ...]:
    """Connect what differs in its languages alone, from few languages to many.

    A broken line joins means over different settings.
    """
    lines: dict[str, list[Group]] = {}
    for group in sorted(groups, key=lambda group: len(training_languages(group.runs[0]))):
        rest = {name: value for name, value in group.values.items() if "language" not in name}
        lines.setdefault(cell_name(rest), []).append(group)
    curves = []
    labelled: set[tuple[float, str]] = set()
    colours = colour_places([members[0].runs[0].strategy for members in lines.values()])
    for place, (line, members) in zip(colours, lines.items(), strict=True):
        points, labels, settings = [], [], []
        for group in members:
            trained = training_languages(group.runs[0])
            names = settings_of(block.first, kind, measure, trained, which)
            value = _mean([block.setting(group, name, measure) for name in names])
            if value is None:
                continue
            points.append((places[group.name], value))
            settings.append(names)
            labels.append(f"({len(names)})" if places[group.name] == len(trained) else f"{len(trained)} ({len(names)})")
        counts = tuple(map(len, settings))
        here = set(zip((x for x, _ in points), labels, strict=True))
        curves.append(
            Curve(
                line if len(lines) > 1 else f"{which} languages",
                tuple(points),
                place if len(lines) > 1 else PARTS.index(which),
                dashed=len(set(settings)) > 1,
                labels=() if here <= labelled else tuple(labels),  # once for lines of the same places and counts
                counts=counts,
            )
        )
        labelled |= here
    return tuple(curve for curve in curves if curve.points)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known and len(known) == len(values) else None
