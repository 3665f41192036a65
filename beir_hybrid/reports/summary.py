"""Summary: groups side by side, the best value of each column marked, and published results below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from beir_hybrid.reports.groups import Block, Score
from beir_hybrid.reports.published import Published
from beir_hybrid.reports.render.text import TextTable
from beir_hybrid.reports.tables import number
from beir_hybrid.settings import KINDS
from beir_hybrid.studies.statistic import higher_is_better

TITLES = {"mono": "Monolingual", "cross": "Cross-lingual", "multi": "Multilingual"}


@dataclass(frozen=True)
class Column:
    """A measure in a kind of setting.

    Attributes:
        kind: ``mono``, ``cross`` or ``multi``.
        measure: Its name.
        arrow: ``↑`` or ``↓``, which way is better; empty if neither is.
        direction: The same in words.
        settings: Number of settings averaged.
    """

    kind: str
    measure: str
    arrow: str
    direction: str
    settings: int

    @property
    def title(self) -> str:
        """The kind in words."""
        return TITLES[self.kind]


@dataclass(frozen=True)
class Value:
    """A value as it is shown: the number, what stands below it, whether it is the best of its column; and as it is."""

    text: str
    below: str = ""
    best: bool = False
    score: Score | None = None


@dataclass(frozen=True)
class Row:
    """A row.

    Attributes:
        name: Name of the group, or of the published result.
        values: One for each column.
        place: Place of the group's colour; None for a published result.
        seeds: Number of runs averaged.
        source: Where it was published; empty for our own.
    """

    name: str
    values: tuple[Value, ...]
    place: int | None
    seeds: int = 1
    source: str = ""


@dataclass(frozen=True)
class Summary:
    """A table of groups and measures."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def text_table(self) -> TextTable:
        """Give the table as text, intervals and spreads in brackets, the best bold; and as bare numbers."""
        headings = ("run", *(f"{column.kind} {column.measure} {column.arrow}".strip() for column in self.columns))
        rows = tuple(
            (
                f"{row.name} (published)" if row.source else row.name,
                *(f"{value.text} ({value.below})" if value.below else value.text for value in row.values),
            )
            for row in self.rows
        )
        bold = {(at, place + 1) for at, row in enumerate(self.rows) for place, one in enumerate(row.values) if one.best}
        note = "Bold: the best mean of our runs (↑ the highest, ↓ the lowest), which is not a test." if bold else ""
        return TextTable(self.title, headings, rows, bold=frozenset(bold), note=note, plain=self._plain())

    def _plain(self) -> TextTable:
        """Give bare numbers: for each measure its mean, and, where any row has them, deviation and interval."""
        headings, columns = ["run", "published", "seeds"], []
        for place, column in enumerate(self.columns):
            scores = [row.values[place].score for row in self.rows]
            found = {
                "": [score and score.mean for score in scores],
                " deviation": [score and score.spread for score in scores],
                " low": [score and score.interval and score.interval[0] for score in scores],
                " high": [score and score.interval and score.interval[1] for score in scores],
            }
            for word, values in found.items():
                if not word or any(value is not None for value in values):
                    headings.append(f"{column.kind} {column.measure}{word}")
                    columns.append(["" if value is None else f"{value:.6g}" for value in values])
        rows = []
        for place, row in enumerate(self.rows):
            # of published results nobody says how many seeds they are of
            head = (row.name, row.source, "" if row.source else str(row.seeds))
            rows.append((*head, *(values[place] for values in columns)))
        return TextTable(self.title, tuple(headings), tuple(rows), left=frozenset({0, 1}))


def main_summary(block: Block, measure: str, published: Sequence[Published] = ()) -> Summary:
    """Show one measure in every kind of setting, and the rank distance."""
    wanted = [(kind, measure) for kind in KINDS if measure in block.measures(kind)]
    if "rank_distance" in block.measures("multi"):
        wanted.append(("multi", "rank_distance"))
    return _summary(block, f"{block.title}: {measure} and rank distance", wanted, published)


def kind_summary(block: Block, kind: str, published: Sequence[Published] = ()) -> Summary | None:
    """Show all measures of a kind of setting; None if there are none."""
    wanted = [(kind, measure) for measure in block.measures(kind)]
    return _summary(block, f"{block.title}: {TITLES[kind].lower()}", wanted, published) if wanted else None


def score_text(measure: str, score: Score | None) -> Value:
    """Write a mean, and below it its interval or the spread over seeds."""
    if score is None:
        return Value("-")
    if score.spread is not None:
        return Value(number(measure, score.mean), f"± {number(measure, score.spread)}", score=score)
    if score.interval is None:
        return Value(number(measure, score.mean), score=score)
    bounds = "–".join(number(measure, bound) for bound in score.interval)
    return Value(number(measure, score.mean), bounds, score=score)


def _summary(block: Block, title: str, wanted: Sequence[tuple[str, str]], published: Sequence[Published]) -> Summary:
    columns = tuple(_column(block, kind, measure) for kind, measure in wanted)
    scores = [[block.score(group, kind, measure) for kind, measure in wanted] for group in block.groups]
    best = [_best(measure, [row[place] for row in scores]) for place, (_, measure) in enumerate(wanted)]
    rows = []
    for group, row in zip(block.groups, scores, strict=True):
        values = []
        for (_, measure), score, target in zip(wanted, row, best, strict=True):
            value = score_text(measure, score)
            values.append(replace(value, best=score is not None and score.mean == target))
        rows.append(Row(group.name, tuple(values), group.place, len(block.results[group.name])))
    for one in published:
        known = [one.scores.get(kind, {}).get(measure) for kind, measure in wanted]
        if any(value is not None for value in known):
            values = [
                score_text(measure, None if value is None else Score(value))
                for (_, measure), value in zip(wanted, known, strict=True)
            ]
            rows.append(Row(one.name, tuple(values), None, source=one.source))
    return Summary(title, columns, tuple(rows))


def _column(block: Block, kind: str, measure: str) -> Column:
    arrow, words = {True: ("↑", "higher is better"), False: ("↓", "lower is better"), None: ("", "")}[
        higher_is_better(measure)
    ]
    settings = block.first.parsed_settings()
    count = sum(at.kind == kind and measure in block.first.settings[name] for name, at in settings.items())
    return Column(kind, measure, arrow, words, count)


def _best(measure: str, scores: Sequence[Score | None]) -> float | None:
    """Choose the best mean; None if there is no better, or nothing to be better than."""
    known = [score.mean for score in scores if score is not None]
    better = higher_is_better(measure)
    if better is None or len(known) < 2 or min(known) == max(known):
        return None
    return max(known) if better else min(known)
