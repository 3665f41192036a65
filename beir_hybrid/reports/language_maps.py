"""Heat maps by language: of query and passage, of what training drew, and of differences from a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN, Comparison, Contrast
from beir_hybrid.reports.groups import Block, Group
from beir_hybrid.reports.models.heat_map import HeatMap, matrix_of, on_one_scale, without_empty
from beir_hybrid.reports.models.words import compact
from beir_hybrid.settings import parse_setting


def pair_maps(block: Block, measure: str) -> list[HeatMap]:
    """Show a measure by query and passage language, a map for each group, all on one scale.

    The diagonal is monolingual, the rest cross-lingual. There are none without several cross-lingual settings.
    """
    codes, names = block.pairs()
    look = printed(measure)
    note = f"{_unit(measure)}; the diagonal is monolingual, and counts in the means"
    maps = []
    for group in block.groups:
        pairs = {pair: block.setting(group, name, measure) for pair, name in names.items()}
        maps.append(
            HeatMap(group.name, note, codes, codes, matrix_of(pairs, codes), look, means=True, place=group.place)
        )
    return without_empty(on_one_scale(maps))


def difference_maps(block: Block, measure: str, baseline: Group) -> list[HeatMap]:
    """Show by query and passage language how each other group differs from the baseline, on one scale."""
    codes, names = block.pairs()
    if baseline not in block.groups:
        return []
    maps = []
    for group in block.groups:
        if group is baseline:
            continue
        pairs: dict[tuple[str, str], float | None] = {}
        for pair, name in names.items():
            own, other = block.setting(group, name, measure), block.setting(baseline, name, measure)
            pairs[pair] = None if own is None or other is None else own - other
        titled = _difference_map(f"{group.name} - {baseline.name}", measure, codes, pairs)
        maps.append(replace(titled, place=group.place))
    return without_empty(on_one_scale(maps))


def contrast_maps(comparison: Comparison) -> list[HeatMap]:
    """Show a comparison's differences by query and passage language, a heat map for each run; the diagonal is mono.

    The measure is ``map``, or else the first. Differences that are shown, and not perhaps by chance, are marked.

    Args:
        comparison: With the contrasts of settings; without several cross-lingual ones there are no maps.
    """
    contrasts = [contrast for contrast in comparison.settings if contrast.kind != "multi"]
    measures = [contrast.measure for contrast in contrasts]
    measure = "map" if "map" in measures else next(iter(measures), "")
    mono = [str(contrast.setting) for contrast in contrasts if contrast.kind == "mono"]
    cross = [str(contrast.setting) for contrast in contrasts if contrast.kind == "cross"]
    halves = (half for name in cross if name.count("-") == 1 for half in name.split("-"))
    codes = tuple(dict.fromkeys([*mono, *halves]))
    maps = []
    for run in dict.fromkeys(contrast.run for contrast in contrasts):
        pairs: dict[tuple[str, str], Contrast] = {}
        for contrast in contrasts:
            setting = parse_setting(str(contrast.setting), codes)
            if contrast.run == run and contrast.measure == measure and setting is not None:
                pairs[setting.query_language, setting.corpus_languages[0]] = contrast
        if sum(query != passage for query, passage in pairs) > 1:
            sure = {pair for pair, contrast in pairs.items() if contrast.verdict != NOT_SHOWN}
            differences = {pair: contrast.difference for pair, contrast in pairs.items()}
            title = f"{printed(measure).title}, {run} - {comparison.baseline}"
            maps += without_empty(on_one_scale([_difference_map(title, measure, codes, differences, sure)]))
    return maps


def family_maps(block: Block, family: str) -> list[HeatMap]:
    """Show a measure that has a value per passage language in multilingual settings, a map for each group.

    Args:
        block: What is compared.
        family: Such as ``one_target_map`` or ``language_share@10``; with shares comes the row of the pool's own.
    """
    base, at, cutoff = family.partition("@")
    codes = tuple(block.first.passages) or block.first.languages
    names = {f"{base}[{code}]{at}{cutoff}": code for code in codes}
    settings = {
        setting.query_language if setting.pool else name: name
        for name, setting in block.first.parsed_settings().items()
        if setting.kind == "multi" and names.keys() & block.first.settings[name].keys()
    }
    total = sum(block.first.passages.values())
    pool = [[block.first.passages[code] / total for code in codes]] if base == "language_share" and total else []
    rows = (*settings, *(["pool"] if pool else []))
    maps = []
    for group in block.groups:
        values = {
            (row, code): block.setting(group, setting, name)
            for row, setting in settings.items()
            for name, code in names.items()
        }
        maps.append(
            HeatMap(
                group.name,
                f"{_unit(family)}; queries of one language against the pool of all",
                rows,
                codes,
                (*matrix_of(values, tuple(settings), codes), *map(tuple, pool)),
                write=printed(next(iter(names))) if names else printed(family),
                apart=len(pool),
                place=group.place,
            )
        )
    return on_one_scale(maps)


def drawn_map(name: str, pairs: Mapping[tuple[str, str], float], counted: bool = False) -> HeatMap:
    """Show the share of examples by language of the question and of the passage that a training drew.

    Args:
        name: The run's name.
        pairs: Number of examples by the two languages.
        counted: Whether to show these numbers instead of shares.
    """
    codes = tuple(sorted({code for pair in pairs for code in pair}))
    total = 1.0 if counted else sum(pairs.values()) or 1.0
    values = {pair: count / total for pair, count in pairs.items() if count}
    unit = "number of examples" if counted else "share of examples in %"
    return HeatMap(
        name,
        f"{unit}; empty cells were never drawn",
        codes,
        codes,
        matrix_of(values, codes),
        low=0.0,
        high=max(values.values(), default=0.0),
        write=compact if counted else (lambda share: f"{100 * share:.{1 if share < 0.9995 else 0}f}"),
        across="passage",
        down="question",
    )


def _difference_map(
    title: str,
    measure: str,
    codes: tuple[str, ...],
    pairs: Mapping[tuple[str, str], float | None],
    marked: set[tuple[str, str]] | None = None,
) -> HeatMap:
    return HeatMap(
        title,
        f"{_unit(measure, 'the difference of ')}; the diagonal is monolingual, and counts in the means",
        codes,
        codes,
        matrix_of(pairs, codes),
        write=printed(measure),
        diverging=True,
        means=True,
        marked=frozenset((codes.index(query), codes.index(passage)) for query, passage in marked or ()),
    )


def _unit(measure: str, what: str = "") -> str:
    return f"values are {what}{printed(measure).title}"
