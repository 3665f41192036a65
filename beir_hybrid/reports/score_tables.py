"""Tables of scores: runs side by side with their best values, one evaluation by kind of setting and by language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from beir_hybrid.errors import plural
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.groups import Block, Score
from beir_hybrid.reports.models.table import Column, Entry, Line, Table, best_of, make_table
from beir_hybrid.reports.models.words import KIND_TITLES, percent, quick_title
from beir_hybrid.reports.published import Published
from beir_hybrid.settings import KINDS
from beir_hybrid.translations import links_in_words

BEST = "Bold: the best mean of our runs (↑ the highest, ↓ the lowest), which is not a test."
Wanted = Sequence[tuple[str, str]]
"""Kinds of setting and measures, such as ``("cross", "map")``."""


def main_columns(block: Block, measure: str) -> Wanted:
    """Return a measure in every kind of setting that has it, and the rank distance."""
    wanted = [(kind, measure) for kind in KINDS if measure in block.measures(kind)]
    if measure != "rank_distance" and "rank_distance" in block.measures("multi"):
        wanted.append(("multi", "rank_distance"))
    return wanted


def main_title(kind: str, name: str, measure: str) -> str:
    """Title one of :func:`main_columns` by its kind of setting, or as language bias where that was added."""
    return KIND_TITLES[kind] if name == measure else "Language bias"


def main_table(block: Block, measure: str, published: Sequence[Published] = ()) -> Table:
    """Show what :func:`main_columns` returns."""
    return score_table(block, block.title, main_columns(block, measure), published)


def kind_table(block: Block, kind: str, published: Sequence[Published] = ()) -> Table | None:
    """Show all measures of a kind of setting; None if there are none."""
    wanted = [(kind, measure) for measure in block.measures(kind)]
    title = quick_title(KIND_TITLES[kind], block.first.quick)
    return score_table(block, title, wanted, published, groups=False) if wanted else None


def score_table(
    block: Block,
    title: str,
    wanted: Wanted,
    published: Sequence[Published] = (),
    *,
    groups: bool = True,
    name: str = "run",
    notes: Sequence[str] = (BEST,),
) -> Table:
    """Show groups of runs side by side, the best of each column marked, published results below.

    Args:
        block: What is compared.
        title: The table's title.
        wanted: Its columns.
        published: Results to stand below; they take no part in what is best.
        groups: Whether the kinds of settings stand above the columns.
        name: Heading of the runs.
        notes: Lines below, if an entry is marked.
    """
    scores = [[block.score(group, kind, measure) for kind, measure in wanted] for group in block.groups]
    best = []
    for place, (_, measure) in enumerate(wanted):
        means = [score.mean for row in scores if (score := row[place]) is not None]
        best.append(best_of(means, printed(measure).higher_is_better))
    rows = []
    for group, row in zip(block.groups, scores, strict=True):
        seeds = len(block.results[group.name])
        head = (Entry(group.name), Entry(""), Entry(str(seeds)))
        entries = [_entry(score, target) for score, target in zip(row, best, strict=True)]
        rows.append(Line((*head, *entries), group.place, f"mean of {seeds} seeds" if seeds > 1 else ""))
    for one in published:
        values = [one.scores.get(kind, {}).get(measure) for kind, measure in wanted]
        if any(value is not None for value in values):
            # nobody says of how many seeds they are
            rows.append(Line((Entry(one.name), Entry(one.source), Entry(""), *map(Entry, values)), source=one.source))
    columns = [_column(block, kind, measure, groups) for kind, measure in wanted]
    marked = any(entry.marked for row in rows for entry in row.entries)
    heads = [Column(name, text=True), Column("", key="published"), Column("", key="seeds")]
    return make_table(title, [*heads, *columns], rows, notes if marked else ())


def evaluation_table(results: Results) -> Table:
    """Show one evaluation's macro means and their intervals: a row for each kind of setting, a column per measure."""
    block_names = dict.fromkeys(name for scores in results.scores.values() for name in scores if "[" not in name)
    parsed = results.parsed_settings()
    bounds = results.intervals.get("scores", {})
    rows = []
    for kind, scores in results.scores.items():
        counts = [results.settings[name]["queries"] for name, setting in parsed.items() if setting.kind == kind]
        intervals = bounds.get(kind, {})
        means = [Entry(scores.get(name), _pair(intervals.get(name))) for name in block_names]
        rows.append([KIND_TITLES[kind], len(counts), *means])
        if len(set(counts)) > 1:
            micro = results.micro.get(kind, {})
            rows.append(["  over queries", "", *(micro.get(name) for name in block_names)])
    ties = ", ".join(f"{KIND_TITLES[kind].lower()} {percent(share)}" for kind, share in results.ties.items())
    return make_table(
        f"{results.model} on {results.dataset} ({results.passage_text})",
        [
            "setting",
            Column("settings", leave_out=1),
            *(Column(printed(name).title, printed(name)) for name in block_names),
        ],
        rows,
        [
            "means over settings, each setting counting once"
            + ("; below, 95 % intervals over questions" if bounds else ""),
            *([links_in_words(results.translations)] if results.translations.get("linked") else []),
            *([f"queries with a tie at a relevant passage: {ties}"] if any(results.ties.values()) else []),
            *results.notes,
        ],
    )


def language_table(results: Results, measure: str = "map") -> Table:
    """Show one measure by language: as monolingual, as the queries' and as the corpus's language, and in the pool."""
    look = printed(measure)
    parsed = results.parsed_settings()
    rows = []
    for language in results.languages:
        settings = [
            [name for name, at in parsed.items() if at.kind == "mono" and at.query_language == language],
            [name for name, at in parsed.items() if at.kind == "cross" and at.query_language == language],
            [name for name, at in parsed.items() if at.kind == "cross" and at.corpus_languages == (language,)],
            [name for name, at in parsed.items() if at.kind == "multi" and at.query_language == language],
        ]
        if any(settings):
            values = [[results.settings[name].get(measure) for name in names] for names in settings]
            rows.append([language, *map(_mean, values)])
    headings = ("mono", "cross, as queries", "cross, as corpus", "multi")
    return make_table(f"{look.title} by language", ["language", *(Column(name, look) for name in headings)], rows)


def settings_table(results: Results, title: str, names: Mapping[str, str]) -> Table:
    """Show every setting of an evaluation, with the macro means below.

    Args:
        results: The evaluation.
        title: The table's title.
        names: By measure, its heading; measures that no setting has are left out.
    """
    there = {name for values in results.settings.values() for name in values}
    shown = [name for name in names if name in there]
    rows: list[Sequence[object]] = [
        [setting, values["queries"], *(values.get(name) for name in shown)]
        for setting, values in results.settings.items()
    ]
    if len(results.settings) > 1:
        rows += [
            [f"mean, {kind}", "", *(scores.get(name) for name in shown)] for kind, scores in results.scores.items()
        ]
    columns = [Column(names[name], printed(name)) for name in shown]
    return make_table(title, ["setting", Column("queries", "{:.0f}".format, leave_out=1), *columns], rows)


def _column(block: Block, kind: str, measure: str, grouped: bool) -> Column:
    look = printed(measure)
    settings = block.first.parsed_settings()
    count = sum(at.kind == kind and measure in block.first.settings[name] for name, at in settings.items())
    return Column(
        f"{look.title} {look.arrow}".strip(),
        look,
        key=f"{kind} {measure}",
        group=KIND_TITLES[kind] if grouped else "",
        note=plural(count, "setting") if count > 1 else "",
        hint=look.direction,
    )


def _entry(score: Score | None, best: float | None) -> Entry:
    if score is None:
        return Entry()
    return Entry(score.mean, score.interval, score.spread, marked=score.mean == best)


def _pair(bounds: Sequence[float] | None) -> tuple[float, float] | None:
    return (bounds[0], bounds[1]) if bounds else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
