"""A measure against the numbers that a study varies, such as a strategy's alpha or the steps of the training."""

from __future__ import annotations

from collections.abc import Mapping

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.registry.spec import parse_spec
from beir_hybrid.reports.colours import colour_places
from beir_hybrid.reports.groups import Block, Group
from beir_hybrid.reports.models.curve import Chart, Curve, is_wide
from beir_hybrid.reports.score_tables import main_columns, main_title
from beir_hybrid.storage.files import is_number
from beir_hybrid.studies.cell import cell_name


def grid_charts(block: Block, measure: str) -> list[Chart]:
    """Draw what :func:`~beir_hybrid.reports.score_tables.main_columns` returns against every number that varies.

    Runs that differ in this number alone are connected. Numbers of languages have charts of their own.

    Args:
        block: What is compared; only cells of studies count.
        measure: Name of the measure.
    """
    numbers = {group.name: _numbers(group) for group in block.groups if group.study}
    charts = []
    for name in dict.fromkeys(name for of_group in numbers.values() for name in of_group if name != "languages"):
        places = {group: of_group[name] for group, of_group in numbers.items() if name in of_group}
        if len(set(places.values())) > 1:
            charts += [_chart(block, name, places, *column, measure) for column in main_columns(block, measure)]
    return [chart for chart in charts if len(chart.x_values()) > 1]


def _numbers(group: Group) -> dict[str, float]:
    """Return the numbers among a group's grid values and its strategy's options."""
    values = {**group.values, **_strategy(group)[1]}
    return {name: float(value) for name, value in values.items() if is_number(value)}


def _strategy(group: Group) -> tuple[str, Mapping[str, object]]:
    try:
        return parse_spec(group.runs[0].strategy)
    except BeirHybridError:
        return group.runs[0].strategy, {}


def _chart(block: Block, name: str, places: Mapping[str, float], kind: str, shown: str, measure: str) -> Chart:
    lines: dict[str, list[Group]] = {}
    for group in sorted((one for one in block.groups if one.name in places), key=lambda one: places[one.name]):
        strategy, options = _strategy(group)
        rest = {**group.values, **({"strategy": strategy} if strategy else {}), **options}
        lines.setdefault(cell_name({key: value for key, value in rest.items() if key != name}), []).append(group)
    colours = colour_places([_strategy(members[0])[0] for members in lines.values()])
    curves = []
    for colour, (line, members) in zip(colours, lines.items(), strict=True):
        scores = [(places[group.name], block.score(group, kind, shown)) for group in members]
        curves.append(Curve(line or "all", tuple((x, score.mean) for x, score in scores if score), colour))
    look = printed(shown)
    wide = is_wide(places.values())
    words = f"{look.title} ({look.direction})" if look.direction else look.title
    return Chart(
        main_title(kind, shown, measure), name.replace("_", " "), words, tuple(curves), logarithmic=wide, by_run=False
    )
