"""Contents: what a report shows, before it is known how: on a page, in pictures, in tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.reports.groups import Block, Group, blocks_of, find_group, groups_of
from beir_hybrid.reports.models.bars import Bars, Dots, score_bars, share_dots
from beir_hybrid.reports.models.curve import Chart, Curve, thinned
from beir_hybrid.reports.models.heat_map import HeatMap, difference_maps, drawn_map, family_maps, pair_maps
from beir_hybrid.reports.models.words import duration, size, tick_text
from beir_hybrid.reports.page.commands import commands_of
from beir_hybrid.reports.page.inputs import Failure, Sources, Study
from beir_hybrid.reports.published import Published, published_for
from beir_hybrid.reports.render.text import TextTable
from beir_hybrid.reports.result_tables import families
from beir_hybrid.reports.scaling import cost_of, drawn_pairs, scaling_charts
from beir_hybrid.reports.summary import TITLES, Summary, kind_summary, main_summary
from beir_hybrid.settings import KINDS
from beir_hybrid.storage.files import is_number


@dataclass(frozen=True, eq=False)
class BlockContents:
    """What is shown of one evaluation.

    Attributes:
        block: What is compared.
        measure: The measure of the summary and of the heat maps; empty if there is none.
        summary: That measure in all kinds of setting, and the rank distance.
        full: All measures, a table for each kind.
        pairs: Heat maps of the measure by query and passage language, one for each group.
        differences: The same as differences from the baseline.
        baseline: Name of the baseline.
        bars: Rank distance and other measures of language bias.
        shares: Languages on top against the pool, one for each depth.
        matrices: Heat maps of the measures that have a value per language, by measure.
        recall: Recall against depth, a chart for each kind.
        scaling: The measure against compute, where the training languages vary.
        published: Published results beside ours.
        notes: What a reader must know to judge the numbers.
    """

    block: Block
    measure: str
    summary: Summary
    full: tuple[Summary, ...]
    pairs: tuple[HeatMap, ...]
    differences: tuple[HeatMap, ...]
    baseline: str
    bars: tuple[Bars, ...]
    shares: tuple[Dots, ...]
    matrices: tuple[tuple[str, tuple[HeatMap, ...]], ...]
    recall: tuple[Chart, ...]
    scaling: tuple[Chart, ...]
    published: tuple[Published, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """What a group's trainings drew: a heat map, and the rest in a sentence."""

    map: HeatMap
    sentence: str


@dataclass(frozen=True)
class Environment:
    """Where runs happened: versions and device, by name."""

    names: tuple[str, ...]
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Contents:
    """What a report shows.

    Attributes:
        title: Its title.
        groups: All groups.
        studies: The studies, with their verdicts.
        failures: Cells without results.
        blocks: The evaluations.
        curves: Training curves.
        drawn: What the trainings drew.
        cost: What the groups cost; None where nothing is known.
        environments: Where the runs happened.
        commands: By run, the commands that do it again.
    """

    title: str
    groups: tuple[Group, ...]
    studies: tuple[Study, ...]
    failures: tuple[Failure, ...]
    blocks: tuple[BlockContents, ...]
    curves: tuple[Chart, ...]
    drawn: tuple[Drawn, ...]
    cost: TextTable | None
    environments: tuple[Environment, ...]
    commands: tuple[tuple[str, tuple[str, ...]], ...]


def build_contents(
    sources: Sources,
    reference: str | None = None,
    baseline: str | None = None,
    measure: str | None = None,
    title: str | None = None,
) -> Contents:
    """Put together what a report shows.

    Args:
        sources: What was read.
        reference: Name of a collection of published results to show beside runs of the same dataset.
        baseline: Name of the run that the others' heat maps are subtracted from. Default: what a study's first verdict
            is held against, or else the first.
        measure: Name of the measure of the summary and of the heat maps. Default: ``map``, or else the first.
        title: The report's title. Default: the studies' names, or the datasets'.

    Raises:
        ConfigurationError: If no run has the measure.
        UnknownNameError: If there is no such run, or no such collection.
    """
    groups = groups_of(sources)
    base = None if baseline is None else find_group(groups, baseline)
    blocks = blocks_of(groups)
    known = sorted({name for block in blocks for kind in KINDS for name in block.measures(kind)})
    if measure is not None and measure not in known:
        raise ConfigurationError(f"No run has the measure {measure!r}.", f"Measured: {', '.join(known) or 'nothing'}.")
    names = list(dict.fromkeys([study.name for study in sources.studies] or [block.title for block in blocks]))
    usual = ", ".join(names) if sources.studies else f"Retrieval on {', '.join(names)}" if names else "Training runs"
    return Contents(
        title or usual,
        groups,
        sources.studies,
        sources.failures,
        tuple(_block_contents(block, reference, _baseline(block, base, sources.studies), measure) for block in blocks),
        tuple(_training_charts(groups)),
        tuple(drawn for group in groups if (drawn := _drawn(group)) is not None),
        _cost_table(groups),
        _environments(groups),
        tuple((run.name, tuple(commands_of(run))) for run in sources.runs),
    )


def _block_contents(block: Block, reference: str | None, baseline: Group, wanted: str | None) -> BlockContents:
    measure = block.primary(wanted)
    published = published_for(reference, block.first)
    one_language = families(block.first)
    return BlockContents(
        block,
        measure,
        main_summary(block, measure, published),
        tuple(found for kind in KINDS if (found := kind_summary(block, kind, published)) is not None),
        tuple(pair_maps(block, measure)),
        tuple(difference_maps(block, measure, baseline)),
        baseline.name,
        _bias_bars(block, published),
        tuple(dots for name in one_language if "share" in name and (dots := share_dots(block, name)) is not None),
        tuple((family, tuple(family_maps(block, family))) for family in one_language),
        tuple(chart for kind in KINDS if (chart := _recall_chart(block, kind)) is not None),
        tuple(scaling_charts(block, measure)),
        published,
        tuple(dict.fromkeys(note for results in block.results.values() for one in results for note in one.notes)),
    )


def _baseline(block: Block, wanted: Group | None, studies: Sequence[Study]) -> Group:
    if wanted is not None and wanted in block.groups:
        return wanted
    for values, name in ((dict(one.baseline), study.name) for study in studies for one in study.verdicts[:1]):
        for group in block.groups:
            if group.study == name and values and values.items() <= group.values.items():
                return group
    return block.groups[0]


def _bias_bars(block: Block, published: Sequence[Published]) -> tuple[Bars, ...]:
    words = "ranks between the best and the worst relevant passage in the pool of all languages; lower is better"
    found = [score_bars(block, "rank_distance", words, published)]
    for name in block.measures("multi"):
        if name.startswith("same_language_share"):
            words = "share of the top that is in the query's own language, where every language has an answer"
            found.append(score_bars(block, name, words))
    return tuple(bars for bars in found if bars is not None)


def _recall_chart(block: Block, kind: str) -> Chart | None:
    """Draw recall against depth; None with fewer than two depths."""
    names = [name for name in block.measures(kind) if name.startswith("recall@")]
    depths = sorted((int(name.removeprefix("recall@")), name) for name in names)
    if len(depths) < 2:
        return None
    curves = []
    for group in block.groups:
        scores = [(float(depth), block.score(group, kind, name)) for depth, name in depths]
        curves.append(Curve(group.name, tuple((x, score.mean) for x, score in scores if score), group.place))
    words = ("passages retrieved, k", "recall@k (higher is better)")
    return Chart(TITLES[kind], *words, tuple(curves), logarithmic=True, from_zero=True)


def _training_charts(groups: Sequence[Group]) -> list[Chart]:
    """Draw the loss in training, and what was evaluated meanwhile: the loss, or else the first value."""
    rows = [row for group in groups for run in group.runs for row in run.history.get("eval", ())]
    names = [name for row in rows for name in row if name.startswith("eval_") and "_per_second" not in name]
    evaluated = "eval_loss" if "eval_loss" in names else next((name for name in names if name != "eval_runtime"), "")
    charts = []
    for part, name, words in (("log", "loss", "loss in training"), ("eval", evaluated, evaluated)):
        curves = [Curve(group.name, _course(group, part, name), group.place) for group in groups]
        drawn = tuple(curve for curve in curves if curve.points)
        if len({x for curve in drawn for x, _ in curve.points}) > 1:
            title = "Training" if part == "log" else "Validation"
            charts.append(Chart(title, "step", words, drawn, marked=part == "eval"))
    return charts


def _course(group: Group, part: str, name: str) -> tuple[tuple[float, float], ...]:
    """Average what was logged at each step over the group's runs that logged it."""
    found: dict[float, list[float]] = {}
    for run in group.runs:
        for row in run.history.get(part, ()):
            step, value = row.get("step"), row.get(name)
            if is_number(step) and is_number(value) and abs(value) < 1e300:
                found.setdefault(float(step), []).append(float(value))
    return thinned([(step, statistics.fmean(values)) for step, values in sorted(found.items())])


def _drawn(group: Group) -> Drawn | None:
    pairs: dict[tuple[str, str], float] = {}
    for run in group.runs:
        for pair, count in drawn_pairs(run).items():
            pairs[pair] = pairs.get(pair, 0.0) + count
    if not sum(pairs.values()):
        return None
    told = [f"{sum(pairs.values()):,.0f} examples"]
    for word in ("kinds", "sources"):
        counts: dict[str, float] = {}
        for run in group.runs:
            for name, count in run.drawn.get(word, {}).items():
                counts[name] = counts.get(name, 0.0) + count
        total = sum(counts.values())
        if total:
            shares = ", ".join(f"{name} {count / total:.1%}" for name, count in counts.items())
            told.append(f"batches by {word[:-1]}: {shares}")
    many = f", {len(group.runs)} runs together" if len(group.runs) > 1 else ""
    return Drawn(drawn_map(group.name, pairs), "; ".join(told) + many + ".")


_COSTS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("steps", "steps", lambda value: f"{value:,.0f}"),
    ("examples", "examples", lambda value: f"{value:,.0f}"),
    ("tokens", "tokens", lambda value: f"{value:,.0f}"),
    ("flops", "FLOPs", tick_text),
    ("train_seconds", "training", duration),
    ("evaluate_seconds", "evaluation", duration),
    ("peak_memory_bytes", "peak memory", size),
)


def _cost_table(groups: Sequence[Group]) -> TextTable | None:
    title = "What the trainings cost"
    found = [(group, [_cost(group, name) for name, *_ in _COSTS]) for group in groups]
    known = [(group, values) for group, values in found if any(values)]
    places = [place for place in range(len(_COSTS)) if any(values[place] for _, values in known)]
    if not known:
        return None
    headings, plain_headings = ["run"], ["run", "runs"]
    for place in places:
        name, heading, _ = _COSTS[place]
        headings.append(heading)
        plain_headings.append(name)
        if any(len(values[place]) > 1 for _, values in known):
            plain_headings.append(f"{name} deviation")
    rows, plain = [], []
    for group, values in known:
        row, numbers = [group.name], [group.name, str(len(group.runs))]
        for place in places:
            name, _, written = _COSTS[place]
            one = values[place]
            row.append(written(statistics.fmean(one)) if one else "-")
            numbers.append(f"{statistics.fmean(one):.10g}" if one else "")
            if f"{name} deviation" in plain_headings:
                numbers.append(f"{statistics.stdev(one):.6g}" if len(one) > 1 else "")
        rows.append(tuple(row))
        plain.append(tuple(numbers))
    return TextTable(title, tuple(headings), tuple(rows), plain=TextTable(title, tuple(plain_headings), tuple(plain)))


def _cost(group: Group, name: str) -> list[float]:
    return [value for run in group.runs if (value := cost_of(run, name)) is not None]


def _environments(groups: Sequence[Group]) -> tuple[Environment, ...]:
    found: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for group in groups:
        for run, results in ((one, results) for one in group.runs for results in one.evaluations.values()):
            versions = results.environment.get("versions", {})
            items = list(versions.items()) if isinstance(versions, dict) else []
            items.append(("device", results.environment.get("device")))
            items.append(("device of the training", run.cost.get("device")))
            told = tuple((str(name), str(value)) for name, value in items if value)
            found.setdefault(told, []).append(group.name)
    return tuple(Environment(tuple(dict.fromkeys(names)), items) for items, names in found.items() if items)
