"""HeatMap: a matrix of values whose cells are shaded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beir_hybrid.reports.groups import Block, Group
from beir_hybrid.reports.render.palette import diverging_step, sequential_step
from beir_hybrid.reports.render.text import TextTable

_HUNDRED = 100.0


@dataclass(frozen=True)
class Cell:
    """A cell as it is shown.

    Attributes:
        text: Its value as it is written; empty where there is none.
        step: Place of its shade in the palette's scale.
        tip: The value in full, with its row and column.
    """

    text: str
    step: int
    tip: str


@dataclass(frozen=True)
class HeatMap:
    """A matrix of values.

    Attributes:
        title: What it shows, in a few words.
        note: Unit and reading.
        rows: Names of the rows.
        columns: Names of the columns.
        values: A row of values for each row; None where there is none.
        low: The value with the lightest shade; of differences, less than 0 by as much as ``high`` is more.
        high: The value with the strongest shade.
        diverging: Whether the values are differences.
        across: What the columns are.
        down: What the rows are.
        factor: What the values are multiplied by to be written.
        apart: Number of rows at the end that are set apart, such as that of the pool.
    """

    title: str
    note: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    low: float
    high: float
    diverging: bool = False
    across: str = "passage language"
    down: str = "query language"
    factor: float = _HUNDRED
    apart: int = 0

    def cells(self) -> list[tuple[str, list[Cell | None]]]:
        """Give the rows by name as they are shown."""
        return [
            (name, [self._cell(name, column, value) for column, value in zip(self.columns, row, strict=True)])
            for name, row in zip(self.rows, self.values, strict=True)
        ]

    def step(self, value: float) -> int:
        """Give the place of a value's shade in the palette's scale."""
        if self.diverging:
            return diverging_step(value, self.high)
        return sequential_step(value, self.low, self.high)

    def written(self, value: float) -> str:
        """Write a value for its cell: one decimal, with a sign if it is a difference."""
        text = f"{value * self.factor:{'+' if self.diverging else ''}.1f}"
        if len(text.lstrip("+-")) > 4:  # 100.0
            text = text[:-2]
        return "0.0" if text in {"+0.0", "-0.0"} else text.replace("-", "\N{MINUS SIGN}")

    def text_table(self) -> TextTable:
        """Give the values in full, for CSV, Markdown and LaTeX."""
        rows = tuple(
            (name, *("" if value is None else f"{value:.6g}" for value in row))
            for name, row in zip(self.rows, self.values, strict=True)
        )
        return TextTable(self.title, (f"{self.down} \\ {self.across}", *self.columns), rows)

    def _cell(self, row: str, column: str, value: float | None) -> Cell | None:
        if value is None:
            return None
        return Cell(self.written(value), self.step(value), f"{row} → {column}: {value:{'+' * self.diverging}.4g}")


def pair_maps(block: Block, measure: str) -> list[HeatMap]:
    """Show a measure by query and passage language, a map for each group, all on one scale.

    The diagonal is monolingual, the rest cross-lingual.
    """
    codes, names = _pairs(block)
    if len(codes) < 2:
        return []
    maps = []
    for group in block.groups:
        matrix = _matrix(codes, {pair: block.setting(group, name, measure) for pair, name in names.items()})
        maps.append((group, matrix))
    low, high = _extent([matrix for _, matrix in maps])
    note = f"values are {measure} × 100; the diagonal is monolingual"
    return [HeatMap(group.name, note, codes, codes, matrix, low, high) for group, matrix in maps if _any(matrix)]


def difference_maps(block: Block, measure: str, baseline: Group) -> list[HeatMap]:
    """Show by query and passage language what each other group has more or less than the baseline, on one scale."""
    codes, names = _pairs(block)
    if len(codes) < 2 or baseline not in block.groups:
        return []
    maps = []
    for group in block.groups:
        if group is baseline:
            continue
        pairs: dict[tuple[str, str], float | None] = {}
        for pair, name in names.items():
            own, other = block.setting(group, name, measure), block.setting(baseline, name, measure)
            pairs[pair] = None if own is None or other is None else own - other
        maps.append((group, _matrix(codes, pairs)))
    low, high = _extent([matrix for _, matrix in maps])
    extent = max(abs(low), abs(high)) or 1.0
    note = f"values are the difference of {measure} × 100; the diagonal is monolingual"
    return [
        HeatMap(f"{group.name} less {baseline.name}", note, codes, codes, matrix, -extent, extent, diverging=True)
        for group, matrix in maps
        if _any(matrix)
    ]


def family_maps(block: Block, family: str) -> list[HeatMap]:
    """Show a measure that has a value per passage language in multilingual settings, a map for each group.

    Args:
        block: What is compared.
        family: Such as ``one_target_map`` or ``language_share@10``; with shares comes the row of the pool's own.
    """
    base, at, cutoff = family.partition("@")
    codes = tuple(block.first.passages) or block.first.languages
    parsed = block.first.parsed_settings()
    settings = {name: at.query_language for name, at in parsed.items() if at.kind == "multi" and at.pool}
    maps = []
    for group in block.groups:
        pairs = {
            (query, code): block.setting(group, name, f"{base}[{code}]{at}{cutoff}")
            for name, query in settings.items()
            for code in codes
        }
        maps.append((group, _matrix(tuple(settings.values()), pairs, codes)))
    low, high = _extent([matrix for _, matrix in maps])
    rows, own = tuple(settings.values()), _pool_shares(block, codes) if base == "language_share" else ()
    note = f"values are {family} × 100; queries of one language against the pool of all"
    return [
        HeatMap(
            group.name,
            note,
            (*rows, "pool") if own else rows,
            codes,
            (*matrix, own) if own else matrix,
            low,
            high,
            apart=bool(own),
        )
        for group, matrix in maps
        if _any(matrix)
    ]


def drawn_map(name: str, pairs: Mapping[tuple[str, str], float]) -> HeatMap:
    """Show the share of examples by language of the question and of the passage that a training drew.

    Args:
        name: The run's name.
        pairs: Number of examples by the two languages.
    """
    codes = tuple(sorted({code for pair in pairs for code in pair}))
    total = sum(pairs.values()) or 1.0
    matrix = _matrix(codes, {pair: count / total for pair, count in pairs.items() if count})
    _, high = _extent([matrix])
    note = "share of examples in %; empty cells were never drawn"
    return HeatMap(name, note, codes, codes, matrix, 0.0, high, across="passage", down="question")


def _pairs(block: Block) -> tuple[tuple[str, ...], dict[tuple[str, str], str]]:
    """Give the languages, and by query and passage language the setting's name."""
    parsed = block.first.parsed_settings()
    names = {(at.query_language, at.corpus_languages[0]): name for name, at in parsed.items() if at.kind != "multi"}
    if not any(query != corpus for query, corpus in names):
        return (), {}  # a diagonal is no matrix
    used = {code for pair in names for code in pair}
    return tuple(code for code in block.first.languages if code in used), names


def _matrix(
    rows: Sequence[str], pairs: Mapping[tuple[str, str], float | None], columns: Sequence[str] | None = None
) -> tuple[tuple[float | None, ...], ...]:
    return tuple(tuple(pairs.get((row, column)) for column in columns or rows) for row in rows)


def _extent(matrices: Sequence[tuple[tuple[float | None, ...], ...]]) -> tuple[float, float]:
    known = [value for matrix in matrices for row in matrix for value in row if value is not None]
    return (min(known), max(known)) if known else (math.nan, math.nan)


def _any(matrix: tuple[tuple[float | None, ...], ...]) -> bool:
    return any(value is not None for row in matrix for value in row)


def _pool_shares(block: Block, codes: Sequence[str]) -> tuple[float | None, ...]:
    total = sum(block.first.passages.values())
    return tuple(block.first.passages[code] / total for code in codes) if total else ()
