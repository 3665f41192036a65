"""Tables and heat maps of what an evaluation found."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.tables import number
from beir_hybrid.translations import links_in_words

KIND_TITLES = {"mono": "monolingual", "cross": "cross-lingual", "multi": "multilingual"}

_OF_LANGUAGE = re.compile(r"(?P<base>[^\[]+)\[(?P<language>[^\]]+)\](?P<cutoff>@\d+)?")
_SHADES = ("#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#084594")
"""From little to much: one hue that darkens, which the colour-blind read too (ColorBrewer, Blues)."""


def result_tables(results: Results) -> list[Table]:
    """Show what an evaluation found: means by kind of setting, one measure by language, and what languages retrieve."""
    names = [name for scores in results.scores.values() for name in scores if not _OF_LANGUAGE.fullmatch(name)]
    by_language = "map" if "map" in names else next(iter(names), None)
    return [
        score_table(results),
        *([language_table(results, by_language)] if by_language and len(results.settings) > 1 else []),
        *([pair_table(results, by_language)] if by_language and _crosses(results, by_language) else []),
        *(matrix_table(results, family) for family in families(results)),
    ]


def families(results: Results) -> tuple[str, ...]:
    """List the measures that have a value per language, such as ``one_target_map`` or ``language_share@10``."""
    names = [_OF_LANGUAGE.fullmatch(name) for name in results.scores.get("multi", {})]
    return tuple(dict.fromkeys(f"{found['base']}{found['cutoff'] or ''}" for found in names if found))


def score_table(results: Results) -> Table:
    """Show the macro means and their intervals: a row per kind of setting, a column per measure."""
    names = list(dict.fromkeys(name for scores in results.scores.values() for name in scores))
    names = [name for name in names if not _OF_LANGUAGE.fullmatch(name)]
    table = Table(
        title=Text(f"{results.model} on {results.dataset} ({results.passage_text})", style="table.title"),
        title_justify="left",
    )
    table.add_column("setting")
    table.add_column("settings", justify="right")
    for name in names:
        table.add_column(name, justify="right")
    bounds = results.intervals.get("scores", {})
    counts = [(setting.kind, results.settings[name]["queries"]) for name, setting in results.parsed_settings().items()]
    uneven = {kind for kind, _ in counts if len({queries for other, queries in counts if other == kind}) > 1}
    for kind, scores in results.scores.items():
        count = sum(setting.kind == kind for setting in results.parsed_settings().values())
        cells = [_with_interval(name, scores.get(name), bounds.get(kind, {}).get(name)) for name in names]
        table.add_row(KIND_TITLES[kind], str(count), *cells)
        if kind in uneven:
            micro = results.micro.get(kind, {})
            table.add_row("  over queries", "", *(number(name, micro.get(name)) for name in names))
    ties = ", ".join(f"{KIND_TITLES[kind]} {share:.1%}" for kind, share in results.ties.items())
    table.caption = Text(
        "\n".join(
            [
                "means over settings, each setting counting once"
                + ("; below, 95 % intervals over questions" if bounds else ""),
                *([links_in_words(results.translations)] if results.translations.get("linked") else []),
                *([f"queries with a tie at a relevant passage: {ties}"] if any(results.ties.values()) else []),
                *results.notes,
            ]
        ),
        style="table.caption",
    )
    return table


def language_table(results: Results, measure: str = "map") -> Table:
    """Show one measure by language: as monolingual, as the queries' and as the corpus's language, and in the pool."""
    table = Table(title=f"{measure} by language", title_justify="left")
    for heading in ("language", "mono", "cross, as queries", "cross, as corpus", "multi"):
        table.add_column(heading, justify="left" if heading == "language" else "right")
    parsed = results.parsed_settings()
    for language in results.languages:
        groups = [
            [name for name, at in parsed.items() if at.kind == "mono" and at.query_language == language],
            [name for name, at in parsed.items() if at.kind == "cross" and at.query_language == language],
            [name for name, at in parsed.items() if at.kind == "cross" and at.corpus_languages == (language,)],
            [name for name, at in parsed.items() if at.kind == "multi" and at.query_language == language],
        ]
        means = [_mean([results.settings[name].get(measure) for name in names]) for names in groups]
        if any(groups):
            table.add_row(language, *(number(measure, mean) for mean in means))
    return table


def pair_table(results: Results, measure: str = "map") -> Table:
    """Show one measure as a heat map: query languages down, passage languages across; the diagonal is monolingual."""
    parsed = results.parsed_settings()
    names = {(at.query_language, at.corpus_languages[0]): name for name, at in parsed.items() if at.kind != "multi"}
    found = {pair: results.settings[name].get(measure) for pair, name in names.items()}
    known = [value for value in found.values() if value is not None and not math.isnan(value)]
    used = {code for pair in names for code in pair}
    codes = [code for code in results.languages if code in used]
    table = Table(title=Text(f"{measure}: query language down, passage language across"), title_justify="left")
    table.add_column("")
    for code in codes:
        table.add_column(escape(code), justify="right")
    for query in codes:
        if any(pair[0] == query for pair in names):
            table.add_row(escape(query), *(_shaded(found.get((query, passage)), known) for passage in codes))
    return table


def matrix_table(results: Results, family: str) -> Table:
    """Show a measure that has a value per language, as a heat map: query languages down, passage languages across.

    Args:
        results: What was found.
        family: Such as ``one_target_map`` or ``language_share@10``; with shares comes the row of the pool's own.
    """
    base, at, cutoff = family.partition("@")
    names = {f"{base}[{language}]{at}{cutoff}": language for language in results.passages or results.languages}
    rows = {
        setting.query_language if setting.pool else name: results.settings[name]
        for name, setting in results.parsed_settings().items()
        if setting.kind == "multi" and names.keys() & results.settings[name].keys()
    }
    table = Table(title=f"{family}: query language down, passage language across", title_justify="left")
    table.add_column("")
    for language in names.values():
        table.add_column(language, justify="right")
    known = [values[name] for values in rows.values() for name in names if name in values]
    for language, values in rows.items():
        table.add_row(language, *(_shaded(values.get(name), known) for name in names))
    if base == "language_share" and results.passages:
        total = sum(results.passages.values())
        table.add_section()
        table.add_row("pool", *(f"{results.passages[language] / total:.3f}" for language in names.values()))
    return table


def _crosses(results: Results, measure: str) -> bool:
    parsed = results.parsed_settings()
    return sum(at.kind == "cross" and measure in results.settings[name] for name, at in parsed.items()) > 1


def _shaded(value: float | None, known: Sequence[float]) -> Text:
    if value is None or math.isnan(value):
        return Text("-")
    low, high = min(known), max(known)
    place = 0.0 if high <= low else (value - low) / (high - low)
    shade = _SHADES[min(int(place * len(_SHADES)), len(_SHADES) - 1)]
    text = f"{value:.3f}" if abs(value) < 10 else f"{value:.0f}"  # rank distances
    return Text(text, style=f"{'white' if place > 0.6 else 'black'} on {shade}")


def _with_interval(name: str, value: float | None, interval: Sequence[float] | None) -> Text:
    cell = Text(number(name, value))
    if value is not None and interval is not None:
        cell.append("\n" + "-".join(number(name, bound) for bound in interval), style="dim")
    return cell


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
