"""Heat maps of a comparison for the terminal: what a run has more or less than the baseline, by language."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN, Comparison, Contrast
from beir_hybrid.reports.render.palette import LIGHT, diverging_step
from beir_hybrid.settings import parse_setting


def difference_tables(comparison: Comparison) -> list[Table]:
    """Show one measure's differences by query and passage language, a heat map for each run; the diagonal is mono.

    The measure is ``map``, or else the first. Differences that are shown, and not perhaps by chance, are bold.

    Args:
        comparison: With the contrasts of settings; without them there are no maps.

    Returns:
        The tables; none without several cross-lingual settings.
    """
    contrasts = [contrast for contrast in comparison.settings if contrast.kind != "multi"]
    measures = [contrast.measure for contrast in contrasts]
    measure = "map" if "map" in measures else next(iter(measures), None)
    codes = _languages(contrasts)
    tables = []
    for run in dict.fromkeys(contrast.run for contrast in contrasts):
        pairs: dict[tuple[str, str], Contrast] = {}
        for contrast in contrasts:
            setting = parse_setting(str(contrast.setting), codes)
            if contrast.run == run and contrast.measure == measure and setting is not None:
                pairs[setting.query_language, setting.corpus_languages[0]] = contrast
        if sum(query != passage for query, passage in pairs) > 1:
            tables.append(_table(f"{measure} of {run} less {comparison.baseline}", codes, pairs))
    return tables


def _table(title: str, codes: Sequence[str], pairs: dict[tuple[str, str], Contrast]) -> Table:
    extent = max(abs(contrast.difference) for contrast in pairs.values()) or 1.0
    table = Table(title=Text(f"{title}: query language down, passage language across"), title_justify="left")
    table.add_column("")
    for code in codes:
        table.add_column(escape(code), justify="right")
    for query in codes:
        if any(pair[0] == query for pair in pairs):
            table.add_row(escape(query), *(_cell(pairs.get((query, passage)), extent) for passage in codes))
    return table


def _cell(contrast: Contrast | None, extent: float) -> Text:
    if contrast is None:
        return Text("-")
    shade = LIGHT.diverging[diverging_step(contrast.difference, extent)]
    bold = "bold " if contrast.verdict != NOT_SHOWN else ""
    text = f"{contrast.difference:+.3f}" if extent < 10 else f"{contrast.difference:+.0f}"
    return Text(text, style=f"{bold}{shade.ink} on {shade.fill}")


def _languages(contrasts: Sequence[Contrast]) -> list[str]:
    """Find the languages: those of monolingual settings, and the halves of names with a single hyphen."""
    mono = [str(contrast.setting) for contrast in contrasts if contrast.kind == "mono"]
    cross = [str(contrast.setting) for contrast in contrasts if contrast.kind == "cross"]
    return list(dict.fromkeys([*mono, *(half for name in cross if name.count("-") == 1 for half in name.split("-"))]))
