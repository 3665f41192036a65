"""Assets: a report's pictures and tables as files of their own, for a paper or slides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.main_result import verdict_panels
from beir_hybrid.reports.models.bars import Bars, Dots
from beir_hybrid.reports.models.curve import Chart
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.table import Table
from beir_hybrid.reports.models.words import QUICK, quick_title
from beir_hybrid.reports.page.outline import BlockOutline, Outline
from beir_hybrid.reports.render.pictures import Picture, draw
from beir_hybrid.reports.render.text import csv_table, latex_table, markdown_table
from beir_hybrid.reports.study_tables import statistics_table
from beir_hybrid.reports.verdict_rows import verdict_table
from beir_hybrid.storage.files import write_text

_WRITERS: dict[str, Callable[[Table], str]] = {
    ".csv": csv_table,
    ".md": lambda table: markdown_table(table) + "\n",
    ".tex": lambda table: latex_table(table) + "\n",
}
_LONGEST = 120  # bytes of a file's name without its ending; file systems take 255


def write_assets(contents: Outline, folder: Path, *, titled: bool = True) -> int:
    """Write every picture as PNG, SVG and PDF with its numbers as CSV, and every table as CSV, Markdown and LaTeX.

    Args:
        contents: What the report shows.
        folder: Where to; made if it is missing.
        titled: Whether titles and notes stand on the pictures.

    Returns:
        The number of pictures and tables.

    Raises:
        OutputError: If the folder cannot be written.
    """
    names: set[str] = set()
    for wanted, piece in _pieces(contents):
        name = _own_name(wanted, names)
        if isinstance(piece, Table):
            for suffix, written in _WRITERS.items():
                write_text(folder / f"{name}{suffix}", written(piece))
        else:
            draw(piece, folder / name, titled=titled)
            write_text(folder / f"{name}.csv", csv_table(piece))
    return len(names)


def _pieces(contents: Outline) -> Iterator[tuple[str, Picture]]:
    """Yield every picture and table with the name of its file."""
    for study in contents.studies:
        record = study.record
        if (panels := verdict_panels(record)) is not None:
            yield f"{record.name}-verdicts-picture", panels
        if record.verdicts:
            yield f"{record.name}-verdicts", verdict_table(record)
        if record.shown_summaries():
            yield f"{record.name}-statistics", statistics_table(record)
    for part in contents.blocks:
        yield from _pieces_of_block(part)
    for chart in contents.curves:
        yield f"curves-{chart.title}", chart
    for drawn in contents.drawn:
        yield f"drawn-{drawn.map.title}", drawn.map
    if contents.cost is not None:
        yield quick_title("cost", contents.quick), contents.cost


def _pieces_of_block(part: BlockOutline) -> Iterator[tuple[str, Picture]]:
    if part.main is not None:
        yield f"{part.block.title}-main-result", part.main
    name = part.block.title
    summary = f"{printed(part.measure).title} by kind of setting, and language bias, on {name}"
    yield f"{name}-summary", replace(part.summary, title=summary)
    for table in part.full:
        title = f"{table.title.removesuffix(QUICK)} retrieval on {name}"
        yield f"{name}-{table.columns[-1].name.split()[0]}", replace(table, title=title)
    measures = {part.measure, *(family for family, _ in part.matrices)}
    pieces: dict[str, Sequence[HeatMap | Chart]] = {part.measure: part.pairs, "difference": part.differences}
    pieces |= {**dict(part.matrices), "recall": part.recall, "scaling": part.scaling, "grid": part.grid}
    for what, pictures in pieces.items():
        for picture in pictures:
            own = picture.title.removesuffix(QUICK)  # the block says it
            titled = f"{part.block.title}, {printed(what).title if what in measures else what}: {own}"
            yield f"{part.block.title}-{what}-{own}", replace(picture, title=titled)
    rows: list[Bars | Dots] = [*part.bars, *part.shares]
    for bars in rows:
        yield f"{part.block.title}-{bars.title.rpartition(': ')[2]}", bars


def _own_name(wanted: str, taken: set[str]) -> str:
    """Make a name that any file system takes and no other file has; dots, slashes and the like become hyphens.

    Letters and digits of every script stay, in one form each, since many letters can be written in two.

    Examples:
        >>> taken = set()
        >>> _own_name("xquad-r: map@10/../x", taken), _own_name("XQuAD-R: map@10/../x", taken)
        ('xquad-r-map-10-x', 'xquad-r-map-10-x-2')
        >>> _own_name("map-多言語", taken)
        'map-多言語'
    """
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", wanted).casefold())
    marks = ("L", "M", "N")  # of letters, of marks on them, such as vowels in Hindi, and of digits
    words = "".join(sign if unicodedata.category(sign)[0] in marks else "-" for sign in plain)
    short = re.sub("-+", "-", words).encode()[:_LONGEST].decode(errors="ignore")  # cut within no letter
    bare = short.strip("-") or "piece"
    name = next(name for name in (bare, *(f"{bare}-{number}" for number in range(2, 100_000))) if name not in taken)
    taken.add(name)
    return name
