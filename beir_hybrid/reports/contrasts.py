"""Tables of a comparison: for the terminal, and as CSV, Markdown and LaTeX."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN, Comparison, Contrast
from beir_hybrid.reports.render.text import TextTable, latex_table, markdown_table, markdown_text, one_line
from beir_hybrid.settings import KINDS
from beir_hybrid.storage.files import check_output, csv_text, write_text
from beir_hybrid.studies.sentences import decimals

TITLES = {"mono": "Monolingual", "cross": "Cross-lingual", "multi": "Multilingual"}
HEADINGS = ("measure", "run", "mean", "baseline", "difference", "95 % interval", "p", "Holm", "d", "queries", "")
WORDS = 2  # the first headings, which are set flush left


def contrast_tables(comparison: Comparison) -> list[Table]:
    """Show each kind's means and differences, and the settings' below where there are any; what is shown is bold."""
    tables = []
    for kind in KINDS:
        for contrasts in (comparison.kinds, comparison.settings):
            rows = [contrast for contrast in contrasts if contrast.kind == kind]
            if rows:
                tables.append(_table(comparison.baseline, rows))
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
    return "\n\n".join([*map(markdown_table, _text_tables(comparison)), notes]) + "\n"


def as_latex(comparison: Comparison) -> str:
    """Write the tables in LaTeX for the package booktabs, with the notes as comments."""
    notes = "\n".join(f"% {one_line(note)}" for note in remarks(comparison))
    return "\n\n".join([*map(latex_table, _text_tables(comparison)), notes]) + "\n"


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
    if path.suffix not in FORMATS:
        raise ConfigurationError(f"{path} ends in {path.suffix!r}.", f"Known: {', '.join(FORMATS)}.")
    check_output(path, "file")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists.", "Choose another file, or give --overwrite to replace one.")


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write a comparison in the format that the file's name ends in: .json, .csv, .md or .tex."""
    write_text(path, FORMATS[path.suffix](comparison))


def _table(baseline: str, contrasts: Sequence[Contrast]) -> Table:
    table = Table(title=Text(_title(baseline, contrasts)), title_justify="left")
    headings = _headings(contrasts)
    for place, heading in enumerate(headings):
        left = place < len(headings) - len(HEADINGS) + WORDS or not heading
        table.add_column(heading, justify="left" if left else "right")
    group = None
    for contrast in contrasts:
        if group not in (None, (contrast.setting, contrast.measure)):
            table.add_section()
        group = (contrast.setting, contrast.measure)
        table.add_row(*map(escape, _cells(contrast)), style="bold" if contrast.verdict != NOT_SHOWN else None)
    return table


def _text_tables(comparison: Comparison) -> list[TextTable]:
    """Give the tables as text, the rows of what is shown bold."""
    tables = []
    for kind in KINDS:
        for contrasts in (comparison.kinds, comparison.settings):
            of_kind = [contrast for contrast in contrasts if contrast.kind == kind]
            if of_kind:
                tables.append(_text_table(comparison.baseline, of_kind))
    return tables


def _text_table(baseline: str, contrasts: Sequence[Contrast]) -> TextTable:
    headings = _headings(contrasts)
    rows = tuple(tuple(_cells(contrast)) for contrast in contrasts)
    shown = [row for row, contrast in enumerate(contrasts) if contrast.verdict != NOT_SHOWN]
    return TextTable(
        _title(baseline, contrasts),
        headings,
        rows,
        left=frozenset({*range(len(headings) - len(HEADINGS) + WORDS), len(headings) - 1}),
        bold=frozenset((row, column) for row in shown for column in range(len(headings))),
    )


def _title(baseline: str, contrasts: Sequence[Contrast]) -> str:
    first = contrasts[0]
    sizes = sorted({contrast.settings for contrast in contrasts})
    many = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    what = "by setting" if first.setting else f"mean of {many} setting{'s' * (sizes != [1])}"
    return f"{TITLES[first.kind]}, {what}, against {baseline}"


def _headings(contrasts: Sequence[Contrast]) -> tuple[str, ...]:
    return ("setting", *HEADINGS) if contrasts[0].setting else HEADINGS


def _cells(contrast: Contrast) -> list[str]:
    digits = decimals([contrast.mean, contrast.baseline], [contrast.difference, *(contrast.interval or ())])
    low, high = contrast.interval or (None, None)
    return [
        *([contrast.setting] if contrast.setting else []),
        contrast.measure,
        contrast.run,
        f"{contrast.mean:.{digits}f}",
        f"{contrast.baseline:.{digits}f}",
        f"{contrast.difference:+.{digits}f}",
        "-" if low is None else f"[{low:+.{digits}f}, {high:+.{digits}f}]",
        _chance(contrast.p),
        _chance(contrast.holm),
        "-" if contrast.effect is None else f"{contrast.effect:+.2f}",
        str(contrast.queries),
        contrast.verdict,
    ]


def _chance(p: float) -> str:
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


FORMATS: dict[str, Callable[[Comparison], str]] = {
    ".json": as_json,
    ".csv": as_csv,
    ".md": as_markdown,
    ".tex": as_latex,
}
