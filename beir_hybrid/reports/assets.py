"""Assets: a report's pictures and tables as files of their own, for a paper or slides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from beir_hybrid.errors import OutputError
from beir_hybrid.files import write_text
from beir_hybrid.reports.contents import BlockContents, Contents
from beir_hybrid.reports.pictures import Picture, draw
from beir_hybrid.reports.study_statistics import statistics_table
from beir_hybrid.reports.text_tables import TextTable, csv_table, latex_table, markdown_table
from beir_hybrid.reports.verdict_rows import verdict_table

__all__ = ["check_outputs", "write_assets"]

_WRITERS: dict[str, Callable[[TextTable], str]] = {
    ".csv": csv_table,
    ".md": lambda table: markdown_table(table) + "\n",
    ".tex": lambda table: latex_table(table) + "\n",
}
_LONGEST = 80  # characters of a file's name


def check_outputs(page: Path, assets: Path | None, overwrite: bool) -> None:
    """Refuse what must not be written to, before anything is read.

    Raises:
        OutputError: If the page is a folder, the assets' folder is a file or the page itself, or they exist, hold
            something, and may not be replaced.
    """
    if page.is_dir():
        raise OutputError(f"{page} is a folder.", "Name a file: --output report.html")
    if page.exists() and not overwrite:
        raise OutputError(f"{page} exists.", "Choose another file, or give --overwrite to replace it.")
    if assets is None:
        return
    if page.resolve() in (assets.resolve(), *assets.resolve().parents):
        raise OutputError(f"{page} cannot be both the page and a folder.", "Name another folder: --assets DIR")
    if assets.exists() and not assets.is_dir():
        raise OutputError(f"{assets} is a file.", "Name a folder: --assets DIR")
    if assets.is_dir() and any(assets.iterdir()) and not overwrite:
        raise OutputError(
            f"The folder {assets} holds other things.", "Choose another folder, or give --overwrite to write into it."
        )


def write_assets(contents: Contents, folder: Path) -> int:
    """Write every picture as PNG and SVG with its numbers as CSV, and every table as CSV, Markdown and LaTeX.

    Args:
        contents: What the report shows.
        folder: Where to; made if it is missing.

    Returns:
        The number of pictures and tables.

    Raises:
        OutputError: If the folder cannot be written.
    """
    names: set[str] = set()
    for wanted, piece in _pieces(contents):
        name = _own_name(wanted, names)
        if isinstance(piece, TextTable):
            for suffix, written in _WRITERS.items():
                write_text(folder / f"{name}{suffix}", written(piece))
        else:
            draw(piece, folder / name)
            write_text(folder / f"{name}.csv", csv_table(piece.text_table()))
    return len(names)


def _pieces(contents: Contents) -> Iterator[tuple[str, Picture | TextTable]]:
    """Give every picture and table with the name that its file shall have."""
    for study in contents.studies:
        if study.verdicts:
            yield f"{study.name}-verdicts", verdict_table(study.verdicts, study.name)
        if study.statistics:
            yield f"{study.name}-statistics", statistics_table(study.statistics, study.name)
    for part in contents.blocks:
        yield from _pieces_of_block(part)
    for chart in contents.curves:
        yield f"curves-{chart.title}", chart
    for drawn in contents.drawn:
        yield f"drawn-{drawn.map.title}", drawn.map
    if contents.cost is not None:
        yield "cost", contents.cost


def _pieces_of_block(part: BlockContents) -> Iterator[tuple[str, Picture | TextTable]]:
    title = part.block.title
    yield f"{title}-summary", part.summary.text_table()
    for table in part.full:
        yield f"{title}-{table.columns[0].kind}", table.text_table()
    for heat_map in part.pairs:
        yield f"{title}-{part.measure}-{heat_map.title}", heat_map
    for heat_map in part.differences:
        yield f"{title}-difference-{heat_map.title}", heat_map
    for family, maps in part.matrices:
        for heat_map in maps:
            yield f"{title}-{family}-{heat_map.title}", heat_map
    for bars in part.bars:
        yield f"{title}-{bars.title.rpartition(': ')[2]}", bars
    for dots in part.shares:
        yield f"{title}-{dots.title.rpartition(': ')[2]}", dots
    for chart in part.recall:
        yield f"{title}-recall-{chart.title}", chart
    for chart in part.scaling:
        yield f"{title}-scaling-{chart.title}", chart


def _own_name(wanted: str, taken: set[str]) -> str:
    """Make a name that any file system takes and no other file has; dots, slashes and the like become hyphens.

    Examples:
        >>> taken = set()
        >>> _own_name("xquad-r: map@10/../x", taken), _own_name("XQuAD-R: map@10/../x", taken)
        ('xquad-r-map-10-x', 'xquad-r-map-10-x-2')
    """
    bare = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:_LONGEST].strip("-") or "piece"
    name = next(name for name in (bare, *(f"{bare}-{number}" for number in range(2, 100_000))) if name not in taken)
    taken.add(name)
    return name
