"""Verdicts of a study as rows: places on an axis around 0, and a table."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.errors import plural
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN
from beir_hybrid.reports.models.curve import ticks
from beir_hybrid.reports.models.table import Column, Entry, Table, make_table
from beir_hybrid.reports.models.words import MINUS, chance, tick_text
from beir_hybrid.studies.cell import differ_in_seeds, versus
from beir_hybrid.studies.claim_answer import ClaimAnswer
from beir_hybrid.studies.expectation import CONTRADICTED, SUPPORTED
from beir_hybrid.studies.record import StudyRecord
from beir_hybrid.studies.verdict import Verdict

_TONES = {SUPPORTED: "good", CONTRADICTED: "bad", NOT_SHOWN: "unclear", "not judged": "unclear"}
_STATISTICS = {"worst": "worst setting", "spread": "spread over settings"}


@dataclass(frozen=True)
class Tick:
    """A number of an axis: as it is written, and its place in percent."""

    text: str
    place: float


@dataclass(frozen=True)
class Strip:
    """A verdict, and its difference on an axis around 0, in percent of the axis's width; None for what is not known.

    Attributes:
        verdict: The verdict.
        of_seeds: Whether its pairs of cells differ in their seeds alone.
        dot: The difference.
        low: Lower end of the interval.
        high: Upper end.
        seeds: The differences of single pairs of cells.
        ticks: Numbers of the axis besides 0, and their places.
    """

    verdict: Verdict
    of_seeds: bool
    dot: float | None
    low: float | None
    high: float | None
    seeds: tuple[float, ...]
    ticks: tuple[Tick, ...]

    @property
    def about(self) -> str:
        """Which statistic of which settings it is about, in words; empty for the mean over all."""
        one = self.verdict
        languages = "" if one.languages == "all" else f"{one.languages} languages"
        if languages and one.settings:
            languages += f" ({plural(one.settings, 'setting')})"
        words = "" if one.statistic == "mean" else _STATISTICS.get(one.statistic, one.statistic)
        return ", ".join(filter(None, (words, languages)))

    @property
    def disagreement(self) -> str:
        """How many seeds, or pairs of cells, are above 0 and how many below; empty where they agree."""
        above, below = (sum(sign * value > 0 for value in self.verdict.by_seed) for sign in (1, -1))
        if not (above and below):
            return ""
        return f"{'seeds' if self.of_seeds else 'cells'} disagree: {above} above 0, {below} below"


@dataclass(frozen=True)
class ClaimRow:
    """What became of a claim, in a row: the claim, a word and its tone, and what its verdicts say."""

    claim: str
    word: str
    tone: str
    counts: str


def claim_rows(record: StudyRecord) -> list[ClaimRow]:
    """Put together what became of each claim, in the order of the study."""
    judged: dict[str, list[Verdict]] = {}
    for verdict in record.verdicts:
        judged.setdefault(verdict.claim, []).append(verdict)
    answers = record.claims or [ClaimAnswer.of(claim, verdicts) for claim, verdicts in judged.items()]
    rows = []
    for one in (answer.answered() for answer in answers):
        word = one.outcome or "not judged"
        counts = ", ".join(f"{outcome} in {count}" for outcome, count in one.counts.items() if count)
        rows.append(ClaimRow(one.claim, word, _TONES[word], counts if sum(one.counts.values()) > 1 else ""))
    return rows


def strips_of(record: StudyRecord) -> dict[str, list[Strip]]:
    """Put verdicts on axes, by claim; differences of one measure and statistic have the same axis everywhere."""
    extents: dict[tuple[str, str], float] = {}
    for verdict in record.verdicts:
        known = [abs(value) for value in (verdict.difference, *(verdict.interval or ()), *verdict.by_seed) if value]
        axis = (verdict.measure, verdict.statistic)
        extents[axis] = max([extents.get(axis, 0.0), *known])
    strips: dict[str, list[Strip]] = {}
    for verdict in record.verdicts:
        extent = extents[verdict.measure, verdict.statistic] or 1.0
        dot = None if verdict.difference is None else _place(verdict.difference, extent)
        low, high = (_place(bound, extent) for bound in verdict.interval) if verdict.interval else (None, None)
        several = verdict.by_seed if len(verdict.by_seed) > 1 else ()  # a single one is the difference itself
        seeds = tuple(_place(value, extent) for value in several)
        of_seeds = differ_in_seeds(record.grid, verdict.run, verdict.baseline)
        strips.setdefault(verdict.claim, []).append(Strip(verdict, of_seeds, dot, low, high, seeds, _ticks(extent)))
    return strips


def verdict_table(record: StudyRecord) -> Table:
    """Show the verdicts of a study as text, and as bare numbers."""
    rows = []
    for one in record.verdicts:
        sides = versus(one.run, one.baseline) if one.run and one.baseline else ""
        texts = (one.claim, sides, one.evaluation, one.kind, one.measure, one.statistic, one.languages)
        numbers = [
            Entry(value, text=one.written(value, place > 1))
            for place, value in enumerate((one.mean, one.baseline_mean, one.difference, *(one.interval or (None,) * 2)))
        ]
        above, pairs = sum(value > 0 for value in one.by_seed), len(one.by_seed)
        agree = [f"{above} of {pairs}", above, pairs] if pairs else ["-", None, None]
        effect = Entry(one.effect, text="-" if one.effect is None else f"{one.effect:+.2f}")
        rows.append(
            (*texts, *numbers, *agree, one.p, Entry(one.holm, text=chance(one.holm)), effect, one.expect, one.word)
        )
    wide = {"claim": 4, "evaluation": 3, "statistic": 2, "languages": 2}
    heads = [
        Column(name, text=True, leave_out=wide.get(name, 0))
        for name in ("claim", "sides", "evaluation", "kind", "measure", "statistic", "languages")
    ]
    values = map(Column, ("run", "baseline", "difference", "low", "high"))
    counted = (Column("above 0", key="", leave_out=1), Column("", key="above 0"), Column("", key="pairs of cells"))
    tests = (
        Column("", key="p"),
        Column("Holm"),
        Column("d"),
        Column("expected", text=True, leave_out=1),
        "verdict",
    )
    return make_table(record.name, [*heads, *values, *counted, *tests], rows, names=2)


def _ticks(extent: float) -> tuple[Tick, ...]:
    """Choose the numbers of an axis: the largest round one, and the same below 0."""
    largest = max((tick for tick in ticks(0.0, extent) if tick <= extent), default=extent)
    words = tick_text(largest)
    return Tick(f"{MINUS}{words}", _place(-largest, extent)), Tick(f"+{words}", _place(largest, extent))


def _place(value: float, extent: float) -> float:
    return round(50 + 45 * value / extent, 2)  # with a margin for the mark and the number
