"""Outline: what a report shows, as models, to be drawn on a page, in pictures and in tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.bias_pictures import bias_bars, share_dots
from beir_hybrid.reports.costs import amounts, cost_table
from beir_hybrid.reports.grid_charts import grid_charts
from beir_hybrid.reports.groups import Block, Group, blocks_of, find_group, groups_of
from beir_hybrid.reports.language_maps import difference_maps, drawn_map, family_maps, pair_maps
from beir_hybrid.reports.main_result import main_panels
from beir_hybrid.reports.models.bars import Bars, Dots
from beir_hybrid.reports.models.curve import Chart, Curve, smoothed, thinned
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.panels import Panels
from beir_hybrid.reports.models.table import Table
from beir_hybrid.reports.models.words import KIND_TITLES, number, percent, quick_title
from beir_hybrid.reports.page.commands import commands_of
from beir_hybrid.reports.page.inputs import NotShown, Sources, StoredStudy
from beir_hybrid.reports.profiles import finds_bars, profile_answers, profile_map, read_profile, tried_table
from beir_hybrid.reports.published import Published, published_for
from beir_hybrid.reports.scaling import drawn_pairs, scaling_charts
from beir_hybrid.reports.score_tables import kind_table, main_table
from beir_hybrid.reports.trade_offs import trade_off_charts
from beir_hybrid.settings import KINDS
from beir_hybrid.storage.files import is_number
from beir_hybrid.storage.run_folder import LOSS_OF

Titled = TypeVar("Titled", Bars, Chart, HeatMap, Table)


@dataclass(frozen=True, eq=False)
class ProfileOutline:
    """What is shown of what an embedder does with languages.

    Attributes:
        answers: Questions with their answers.
        bars: Which languages' answers are found.
        tables: What debiasing would bring, if it was tried.
        maps: What is found by query and answer language.
    """

    answers: tuple[tuple[str, str], ...]
    bars: Bars
    tables: tuple[Table, ...]
    maps: tuple[HeatMap, ...]


@dataclass(frozen=True, eq=False)
class BlockOutline:
    """What is shown of one evaluation.

    Attributes:
        block: What is compared.
        measure: The measure of the summary and of the heat maps; empty if there is none.
        main: That measure in all kinds of setting, and the rank distance, as a picture; None if there is none.
        summary: That measure in all kinds of setting, and the rank distance.
        full: All measures, a table for each kind.
        pairs: Heat maps of the measure by query and passage language, one for each group.
        differences: The same as differences from the baseline.
        baseline: Name of the baseline.
        bars: Rank distance and other measures of language bias.
        shares: Languages on top against the pool, one for each depth.
        matrices: Heat maps of the measures that have a value per language, by measure.
        recall: Recall against depth, a chart for each kind.
        grid: The measure and the rank distance against the numbers that a study varies.
        scaling: The measure against compute, where the training languages vary.
        published: Published results beside ours.
        profiles: By group, what its first run does with languages, where that was evaluated.
        examples: By group, tables of queries that its first run answers badly.
        notes: What a reader must know to judge the numbers.
    """

    block: Block
    measure: str
    main: Panels | None
    summary: Table
    full: tuple[Table, ...]
    pairs: tuple[HeatMap, ...]
    differences: tuple[HeatMap, ...]
    baseline: str
    bars: tuple[Bars, ...]
    shares: tuple[Dots, ...]
    matrices: tuple[tuple[str, tuple[HeatMap, ...]], ...]
    recall: tuple[Chart, ...]
    grid: tuple[Chart, ...]
    scaling: tuple[Chart, ...]
    published: tuple[Published, ...]
    profiles: tuple[tuple[Group, ProfileOutline], ...]
    examples: tuple[tuple[Group, tuple[Table, ...]], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """What a group's trainings drew: a heat map, and the rest in a sentence."""

    map: HeatMap
    sentence: str


@dataclass(frozen=True)
class Environment:
    """Where runs happened: versions, commit and device, by name."""

    names: tuple[str, ...]
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Outline:
    """What a report shows.

    Attributes:
        title: Its title.
        groups: All groups.
        studies: The studies, with their verdicts.
        failures: Cells without results, and evaluations that are damaged.
        blocks: The evaluations.
        curves: Training curves.
        drawn: What the trainings drew.
        cost: What the groups cost; None where nothing is known.
        environments: Where the runs happened.
        commands: By run, the commands that do it again.
        made: When it was made, as a date.
        quick: Whether anything in it was trained for a first look alone.
    """

    title: str
    groups: tuple[Group, ...]
    studies: tuple[StoredStudy, ...]
    failures: tuple[NotShown, ...]
    blocks: tuple[BlockOutline, ...]
    curves: tuple[Chart, ...]
    drawn: tuple[Drawn, ...]
    cost: Table | None
    environments: tuple[Environment, ...]
    commands: tuple[tuple[str, tuple[str, ...]], ...]
    made: str = ""
    quick: bool = False


def build_outline(
    sources: Sources,
    reference: str | None = None,
    baseline: str | None = None,
    measure: str | None = None,
    title: str | None = None,
) -> Outline:
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
        UnknownNameError: If no run, or no collection, has the name.
    """
    groups = groups_of(sources)
    base = None if baseline is None else find_group(groups, baseline)
    blocks = blocks_of(groups)
    known = sorted({name for block in blocks for kind in KINDS for name in block.measures(kind)})
    if measure is not None and measure not in known:
        raise ConfigurationError(f"No run has the measure {measure!r}.", f"Measured: {', '.join(known) or 'nothing'}.")
    names = list(dict.fromkeys([study.record.name for study in sources.studies] or [block.title for block in blocks]))
    usual = ", ".join(names) if sources.studies else f"Retrieval on {', '.join(names)}" if names else "Training runs"
    costs = {group.name: amounts([run.cost for run in group.runs]) for group in groups}
    quick = any(study.record.quick for study in sources.studies) or any(block.first.quick for block in blocks)
    return Outline(
        title=title or usual,
        groups=groups,
        studies=sources.studies,
        failures=sources.failures,
        blocks=tuple(
            _block_outline(block, reference, _baseline(block, base, sources.studies), measure) for block in blocks
        ),
        curves=_marked(_training_charts(groups), quick),
        drawn=tuple(drawn for group in groups if (drawn := _drawn(group)) is not None),
        cost=cost_table(quick_title("What the trainings cost", quick), costs),
        environments=_environments(groups),
        commands=tuple((run.name, tuple(commands_of(run))) for run in sources.runs),
        made=date.today().isoformat(),
        quick=quick,
    )


def _block_outline(block: Block, reference: str | None, baseline: Group, wanted: str | None) -> BlockOutline:
    measure = block.primary(wanted)
    published = published_for(reference, block.first)
    families = block.families()
    dots = [share_dots(block, name) for name in families if "share" in name]
    tables = [kind_table(block, kind, published) for kind in KINDS]
    recall = [_recall_chart(block, kind) for kind in KINDS]
    quick = block.first.quick
    notes = [note for results in block.results.values() for one in results for note in one.notes]
    return BlockOutline(
        block=block,
        measure=measure,
        main=main_panels(block, measure),
        summary=_marked([main_table(block, measure, published)], quick)[0],
        full=tuple(table for table in tables if table is not None),
        pairs=_marked(pair_maps(block, measure), quick),
        differences=_marked(difference_maps(block, measure, baseline), quick),
        baseline=baseline.name,
        bars=bias_bars(block, published),
        shares=tuple(each for each in dots if each is not None),
        matrices=tuple((family, _marked(family_maps(block, family), quick)) for family in families),
        recall=_marked([chart for chart in recall if chart is not None], quick),
        grid=_marked([*grid_charts(block, measure), *trade_off_charts(block)], quick),
        scaling=_marked(scaling_charts(block, measure), quick),
        published=published,
        profiles=tuple(_profiles(block)),
        examples=tuple(_examples(block)),
        notes=tuple(dict.fromkeys(notes)),
    )


def _marked(pieces: Iterable[Titled], quick: bool) -> tuple[Titled, ...]:
    """Say in the titles of pictures and tables that they are quick, if they are."""
    return tuple(replace(piece, title=quick_title(piece.title, quick)) for piece in pieces)


def _profiles(block: Block) -> Iterator[tuple[Group, ProfileOutline]]:
    for group in block.groups:
        results = block.results[group.name][0]
        if (profile := read_profile(results)) is not None:
            [bars] = _marked([finds_bars(profile, group.place)], results.quick)
            tables = _marked(filter(None, [tried_table(profile)]), results.quick)
            maps = _marked(profile_map(results, profile.depth), results.quick)
            yield group, ProfileOutline(tuple(profile_answers(profile)), bars, tables, maps)


def _examples(block: Block) -> Iterator[tuple[Group, tuple[Table, ...]]]:
    for group in block.groups:
        for name, results in group.runs[0].evaluations.items():
            if any(results is one for one in block.results[group.name]) and name in group.runs[0].examples:
                yield group, _marked(group.runs[0].examples[name].tables(), results.quick)


def _baseline(block: Block, wanted: Group | None, studies: Sequence[StoredStudy]) -> Group:
    if wanted is not None and wanted in block.groups:
        return wanted
    records = [study.record for study in studies]
    for values, name in ((dict(one.baseline), study.name) for study in records for one in study.verdicts[:1]):
        for group in block.groups:
            if group.study == name and values and values.items() <= group.values.items():
                return group
    return block.groups[0]


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
    words = ("passages retrieved, k", f"recall@k ({printed('recall@1').direction})")
    return Chart(KIND_TITLES[kind], *words, tuple(curves), logarithmic=True, from_zero=True)


def _training_charts(groups: Sequence[Group]) -> list[Chart]:
    """Draw the loss in training, and what was evaluated meanwhile: the loss, or else the first value."""
    rows = [row for group in groups for run in group.runs for row in run.history.get("eval", ())]
    names = [name for row in rows for name in row if name.startswith("eval_") and "_per_second" not in name]
    evaluated = "eval_loss" if "eval_loss" in names else next((name for name in names if name != "eval_runtime"), "")
    drawn = [("Training", "log", "loss", "loss in training, running mean")]
    drawn += [(f"Batches of {kind}", "log", f"{LOSS_OF}{kind}", "their loss, running mean") for kind in _kinds(groups)]
    drawn.append(("Validation", "eval", evaluated, evaluated))
    charts = []
    for title, part, name, words in drawn:
        curves = [Curve(group.name, _course(group, part, name), group.place) for group in groups]
        chart = Chart(title, "step", words, tuple(curves), marked=part == "eval")
        if len(chart.x_values()) > 1:
            charts.append(replace(chart, curves=chart.drawn()))
    return charts


def _kinds(groups: Sequence[Group]) -> list[str]:
    """List the kinds of batch that a training mixed with others, whose losses are not all of its loss."""
    mixed: set[str] = set()
    for group in groups:
        rows = [row for run in group.runs for row in run.history.get("log", ())]
        kinds = {name.removeprefix(LOSS_OF) for row in rows for name in row if name.startswith(LOSS_OF)}
        mixed |= kinds if len(kinds) > 1 else set()
    return sorted(mixed)


def _course(group: Group, part: str, name: str) -> tuple[tuple[float, float], ...]:
    """Average what was logged at each step over the group's runs that logged it."""
    courses: dict[float, list[float]] = {}
    for run in group.runs:
        for row in run.history.get(part, ()):
            step, value = row.get("step"), row.get(name)
            if is_number(step) and is_number(value) and abs(value) < 1e300:
                courses.setdefault(float(step), []).append(float(value))
    points = [(step, statistics.fmean(values)) for step, values in sorted(courses.items())]
    return thinned(smoothed(points) if part == "log" else points)


def _drawn(group: Group) -> Drawn | None:
    pairs: dict[tuple[str, str], float] = {}
    for run in group.runs:
        for pair, count in drawn_pairs(run).items():
            pairs[pair] = pairs.get(pair, 0.0) + count
    if not sum(pairs.values()):
        return None
    words = [f"{number(sum(pairs.values()))} examples"]
    for word in ("kinds", "sources"):
        counts: dict[str, float] = {}
        for run in group.runs:
            for name, count in run.drawn.get(word, {}).items():
                counts[name] = counts.get(name, 0.0) + count
        total = sum(counts.values())
        if total:
            shares = ", ".join(f"{name} {percent(count / total)}" for name, count in counts.items())
            words.append(f"batches by {word[:-1]}: {shares}")
    many = f", {len(group.runs)} runs together" if len(group.runs) > 1 else ""
    quick = any(run.cell.quick for run in group.runs if run.cell)
    return Drawn(drawn_map(quick_title(group.name, quick), pairs), "; ".join(words) + many + ".")


def _environments(groups: Sequence[Group]) -> tuple[Environment, ...]:
    environments: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for group in groups:
        for run, results in ((one, results) for one in group.runs for results in one.evaluations.values()):
            versions = results.environment.get("versions", {})
            items = list(versions.items()) if isinstance(versions, dict) else []
            items += [(name, results.environment.get(name)) for name in ("commit", "device")]
            items.append(("device of the training", run.cost.device))
            known = tuple((str(name), str(value)) for name, value in items if value)
            environments.setdefault(known, []).append(group.name)
    return tuple(Environment(tuple(dict.fromkeys(names)), items) for items, names in environments.items() if items)
