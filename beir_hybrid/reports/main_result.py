"""The main result: every run in all kinds of setting and by its bias, and the verdicts, side by side."""

from __future__ import annotations

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN
from beir_hybrid.reports.colours import COLOURS, colour_places
from beir_hybrid.reports.groups import Block
from beir_hybrid.reports.models.panels import Panel, Panels, Spot
from beir_hybrid.reports.models.words import KIND_TITLES
from beir_hybrid.reports.score_tables import main_columns, main_title
from beir_hybrid.studies.cell import versus
from beir_hybrid.studies.record import StudyRecord
from beir_hybrid.studies.verdict import Verdict


def main_panels(block: Block, measure: str) -> Panels | None:
    """Show a measure in every kind of setting, and the language bias, an axis for each; None without values."""
    panels = []
    for kind, name in main_columns(block, measure):
        look = printed(name)
        spots: list[Spot | None] = []
        for group in block.groups:
            score = block.score(group, kind, name)
            if score is None:
                spots.append(None)
                continue
            interval = score.interval
            if score.spread is not None:
                interval = (score.mean - score.spread, score.mean + score.spread)
            values = [one.scores[kind][name] for one in block.results[group.name]]
            singles = tuple(values) if len(values) > 1 else ()
            spots.append(Spot(score.mean, look.full(score.mean), interval, singles))
        panels.append(Panel(main_title(kind, name, measure), f"{look.title} {look.arrow}".strip(), tuple(spots)))
    seeds = any(len(results) > 1 for results in block.results.values())
    what = "± one standard deviation over seeds, small dots single seeds" if seeds else "95 % intervals over questions"
    rows = tuple((group.name, group.place) for group in block.groups)
    return Panels(f"Results on {block.title}", f"Bars: {what}.", rows, tuple(panels)) if panels else None


def verdict_panels(record: StudyRecord) -> Panels | None:
    """Show the differences that a study's claims are about, an axis for each measure; None without any."""
    known = [one for one in record.verdicts if one.difference is not None]
    places = colour_places([str(one.run.get("strategy", "")) for one in known])
    rows: dict[tuple[str, ...], int] = {}
    for one, place in zip(known, places, strict=True):
        rows.setdefault(_row(one), place % COLOURS)
    axes = dict.fromkeys((one.measure, one.statistic) for one in known)
    panels = []
    for measure, statistic in axes:
        own = {_row(one): _spot(one) for one in known if (one.measure, one.statistic) == (measure, statistic)}
        look = printed(measure)
        spots = tuple(own.get(row) for row in rows)
        words = "" if statistic == "mean" else f", {statistic}"
        panels.append(Panel(f"Difference of {look.title}{words}", look.direction, spots, signed=True))
    note = "Bars: 95 % intervals over questions; small dots: single seeds; hollow: not shown."
    told = 4 if len({one.evaluation for one in known}) > 1 else 3  # where there is but one, it is not named
    names = tuple((" · ".join(filter(None, row[:told])), place) for row, place in rows.items())
    return Panels(f"Verdicts of {record.name}", note, names, tuple(panels), name="comparison") if panels else None


def _row(one: Verdict) -> tuple[str, ...]:
    sides = versus(one.run, one.baseline) if one.run and one.baseline else one.claim
    languages = "" if one.languages == "all" else f"{one.languages} languages"
    where = "" if "evaluation" in one.run else one.evaluation  # which the sides name
    return sides, KIND_TITLES.get(one.kind, one.kind), languages, where


def _spot(one: Verdict) -> Spot | None:
    if one.difference is None:
        return None
    singles = one.by_seed if len(one.by_seed) > 1 else ()
    return Spot(one.difference, one.written(one.difference, True), one.interval, singles, one.word == NOT_SHOWN)
