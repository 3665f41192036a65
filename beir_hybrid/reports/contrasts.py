"""Tables of a comparison, and its files: JSON, CSV, Markdown and LaTeX."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from beir_hybrid.errors import OutputError, plural
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN, Comparison, Contrast
from beir_hybrid.reports.models.table import IN_TITLE, Column, Entry, Line, Table, make_table
from beir_hybrid.reports.models.words import KIND_TITLES, chance, number
from beir_hybrid.reports.render.text import latex_table, markdown_table, markdown_text, one_line
from beir_hybrid.settings import KINDS
from beir_hybrid.storage.files import check_output, csv_text, write_text

_COLUMNS = (
    Column("mean"),
    Column("baseline", leave_out=1),
    Column("difference"),
    Column("95 % interval"),
    Column("p", leave_out=2),
    Column("Holm"),
    Column("d", leave_out=3),
)


def contrast_tables(comparison: Comparison) -> list[Table]:
    """Show each kind's means and differences, and the settings' below where there are any; what is shown is bold."""
    tables = []
    for kind in KINDS:
        for contrasts in (comparison.kinds, comparison.settings):
            of_kind = [contrast for contrast in contrasts if contrast.kind == kind]
            if of_kind:
                tables.append(_table(comparison.baseline, of_kind))
    return tables


def as_json(comparison: Comparison) -> str:
    """Write everything, with the version of the schema."""
    return json.dumps(comparison.as_json(), ensure_ascii=False, indent=2) + "\n"


def as_csv(comparison: Comparison) -> str:
    """Write every contrast as a row, with all digits; a kind's mean has no setting, and what is undefined is empty."""
    names = [field.name for field in fields(Contrast) if field.name != "interval"]
    place = names.index("difference") + 1
    headings = [*names[:place], "low", "high", *names[place:]]
    rows = []
    for contrast in (*comparison.kinds, *comparison.settings):
        row = asdict(contrast)
        row["low"], row["high"] = row.pop("interval") or (None, None)
        rows.append([row[heading] for heading in headings])
    return csv_text([headings, *rows])


def as_markdown(comparison: Comparison) -> str:
    """Write the tables in Markdown, each under a heading, with the notes below."""
    notes = "\n".join(f"- {markdown_text(note)}" for note in remarks(comparison))
    return "\n\n".join([*map(markdown_table, contrast_tables(comparison)), notes]) + "\n"


def as_latex(comparison: Comparison) -> str:
    """Write the tables in LaTeX for the package booktabs, with the notes as comments."""
    notes = "\n".join(f"% {one_line(note)}" for note in remarks(comparison))
    return "\n\n".join([*map(latex_table, contrast_tables(comparison)), notes]) + "\n"


def remarks(comparison: Comparison) -> list[str]:
    """Say which runs were not compared and why, what else was left out, and how the numbers were made."""
    excluded = [
        f"{run} cannot be compared with {comparison.baseline}: {why}." for run, why in comparison.excluded.items()
    ]
    return [*excluded, *comparison.skipped, *comparison.notes]


def check_file(path: Path | None, overwrite: bool) -> None:
    """Refuse a file to write to before anything is computed.

    Raises:
        ConfigurationError: If its name ends like no known format.
        OutputError: If it exists and may not be replaced, is a folder, or cannot be written.
    """
    if path is None:
        return
    check_output(path, "file", suffixes=FORMATS)
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists.", "Choose another file, or give --overwrite to replace one.")


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write a comparison in the format that the file's name ends in: .json, .csv, .md or .tex."""
    write_text(path, FORMATS[path.suffix.lower()](comparison))


def _table(baseline: str, contrasts: Sequence[Contrast]) -> Table:
    first = contrasts[0]
    sizes = sorted({contrast.settings for contrast in contrasts})
    settings = plural(sizes[0], "setting") if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} settings"
    what = "by setting" if first.setting else f"mean of {settings}"
    runs = {contrast.run for contrast in contrasts}
    questions = {contrast.groups for contrast in contrasts}
    if len(questions) == 1:
        what += f", {plural(first.groups, 'question')}"
    columns = [
        *([Column("setting", text=True)] if first.setting else []),
        Column("measure", text=True),
        Column("run", text=True, leave_out=IN_TITLE if len(runs) == 1 else 0),
        *_COLUMNS,
        Column("questions", number, leave_out=IN_TITLE if len(questions) == 1 else 0),
        Column("", text=True),
    ]
    rows: list[Line] = []
    group = (first.setting, first.measure)
    for contrast in contrasts:
        apart, group = group != (contrast.setting, contrast.measure), (contrast.setting, contrast.measure)
        rows.append(Line(_entries(contrast), apart=apart and len(runs) > 1, marked=contrast.verdict != NOT_SHOWN))
    sides = f"{first.run} against {baseline}" if len(runs) == 1 else f"against {baseline}"
    names = columns.index(_COLUMNS[0])
    return make_table(f"{KIND_TITLES[first.kind]}, {what}, {sides}", columns, rows, names=names)


def _entries(contrast: Contrast) -> tuple[Entry, ...]:
    look = printed(contrast.measure)
    differences = [contrast.difference, *(contrast.interval or ())]
    full, brief = look.digits(differences), look.digits(differences[:1], brief=True)

    def written(value: float, *values: float, sign: bool = True) -> Entry:
        """Write a number, or the bounds of an interval, in full and where room is short."""
        form = "[{}, {}]" if values else "{}"
        numbers = (value, *values)
        text = form.format(*(look.full(number, sign, full) for number in numbers))
        return Entry(value, text=text, brief=form.format(*(look.brief(number, sign, brief) for number in numbers)))

    return (
        *([Entry(contrast.setting)] if contrast.setting else []),
        Entry(contrast.measure, text=contrast.measure, brief=look.title),
        Entry(contrast.run),
        written(contrast.mean, sign=False),
        written(contrast.baseline, sign=False),
        written(contrast.difference),
        Entry("-") if contrast.interval is None else written(*contrast.interval),
        Entry(contrast.p, text=chance(contrast.p)),
        Entry(contrast.holm, text=chance(contrast.holm)),
        Entry("-" if contrast.effect is None else f"{contrast.effect:+.2f}"),
        Entry(contrast.groups),
        Entry(contrast.verdict),
    )


FORMATS: dict[str, Callable[[Comparison], str]] = {
    ".json": as_json,
    ".csv": as_csv,
    ".md": as_markdown,
    ".tex": as_latex,
}
