"""Group: the runs that differ in their seed alone, and the blocks of groups that can be compared."""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from beir_hybrid.errors import UnknownNameError, did_you_mean
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.colours import colour_places
from beir_hybrid.reports.models.words import quick_title
from beir_hybrid.reports.page.inputs import ReportRun, Sources, comparison_key
from beir_hybrid.settings import KINDS
from beir_hybrid.studies.cell import cell_name, is_seed

_SEED = re.compile(r"[,;]?\s*seed\W*\d+$")
_OF_LANGUAGE = re.compile(r"(?P<base>[^\[]+)\[(?P<language>[^\]]+)\](?P<cutoff>@\d+)?")


@dataclass(frozen=True)
class Score:
    """A mean, and how far it can be trusted.

    Attributes:
        mean: The value; of several seeds, their mean.
        interval: 95 % interval over questions, of a single run that has one.
        spread: Standard deviation over seeds, of several.
    """

    mean: float
    interval: tuple[float, float] | None = None
    spread: float | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """Runs that differ in their seed alone; a run that is no cell of a study is a group of its own.

    Attributes:
        name: What the report calls it.
        runs: At least one.
        place: Place of its colour, which no other group has; see :func:`~beir_hybrid.reports.colours.colour_places`.
    """

    name: str
    runs: tuple[ReportRun, ...]
    place: int

    @property
    def study(self) -> str:
        """Name of its study; empty if it has none."""
        return self.runs[0].study

    @property
    def values(self) -> dict[str, object]:
        """Grid values without the seed."""
        return {name: value for name, value in self.runs[0].values.items() if not is_seed(name)}


@dataclass(frozen=True, eq=False)
class Block:
    """Groups whose results are of the same data, texts and settings, so that they can be compared.

    Attributes:
        title: Name of the dataset or evaluation.
        groups: The groups.
        results: By name of group, the results of its runs.
    """

    title: str
    groups: tuple[Group, ...]
    results: Mapping[str, tuple[Results, ...]]

    @property
    def first(self) -> Results:
        """Results that tell what all have in common: dataset, languages, settings."""
        return self.results[self.groups[0].name][0]

    def measures(self, kind: str) -> tuple[str, ...]:
        """List the measures of a kind of setting that any group has; without those of one language."""
        names = [name for results in self.results.values() for one in results for name in one.scores.get(kind, {})]
        return tuple(name for name in dict.fromkeys(names) if not _OF_LANGUAGE.match(name))

    def families(self) -> tuple[str, ...]:
        """List the measures that have a value per language, such as ``one_target_map`` or ``language_share@10``."""
        names = [_OF_LANGUAGE.fullmatch(name) for name in self.first.scores.get("multi", {})]
        return tuple(dict.fromkeys(f"{name['base']}{name['cutoff'] or ''}" for name in names if name))

    def pairs(self) -> tuple[tuple[str, ...], dict[tuple[str, str], str]]:
        """Return the languages, and by query and passage language the setting; nothing unless several are crossed."""
        parsed = self.first.parsed_settings()
        names = {(at.query_language, at.corpus_languages[0]): name for name, at in parsed.items() if at.kind != "multi"}
        if sum(query != corpus for query, corpus in names) < 2:
            return (), {}
        used = {code for pair in names for code in pair}
        return tuple(code for code in self.first.languages if code in used), names

    def primary(self, wanted: str | None = None) -> str:
        """Choose the measure of the heat maps: the one wanted, ``map``, or else the first; empty if there is none."""
        known = [name for kind in KINDS for name in self.measures(kind)]
        return next((name for name in (wanted, "map", *known) if name in known), "")

    def score(self, group: Group, kind: str, measure: str) -> Score | None:
        """Average a macro mean over the group's runs; None if one lacks it."""
        results = self.results[group.name]
        values = [one.scores.get(kind, {}).get(measure, math.nan) for one in results]
        if not all(map(math.isfinite, values)):
            return None
        if len(values) > 1:
            return Score(statistics.fmean(values), spread=statistics.stdev(values))
        bounds = results[0].intervals.get("scores", {}).get(kind, {}).get(measure)
        interval = (bounds[0], bounds[1]) if bounds and all(map(math.isfinite, bounds)) else None
        return Score(values[0], interval)

    def setting(self, group: Group, name: str, measure: str) -> float | None:
        """Average a setting's mean over the group's runs; None if one lacks it."""
        values = [one.settings.get(name, {}).get(measure, math.nan) for one in self.results[group.name]]
        return statistics.fmean(values) if all(map(math.isfinite, values)) else None


def groups_of(sources: Sources) -> tuple[Group, ...]:
    """Put together the cells of a study that differ in their seed alone."""
    members: dict[tuple[str, str], list[ReportRun]] = {}
    for place, run in enumerate(sources.runs):
        varied = {name: value for name, value in run.values.items() if not is_seed(name)}
        key = json.dumps(varied, sort_keys=True, default=str) if run.study and run.values else str(place)
        members.setdefault((run.study, key), []).append(run)
    names = [_name(runs, sources.runs) for runs in members.values()]
    groups = []
    places = colour_places([runs[0].strategy for runs in members.values()])
    for place, name, runs in zip(places, names, members.values(), strict=True):
        own = name if names.count(name) == 1 else f"{runs[0].study}: {name}" if runs[0].study else runs[0].name
        groups.append(Group(own, tuple(runs), place))
    return tuple(groups)


def _name(runs: Sequence[ReportRun], everyone: Sequence[ReportRun]) -> str:
    """Name a group by the grid values in which the groups of its study differ, or else as its first run."""
    values = runs[0].values
    others = [run.values for run in everyone if run.study == runs[0].study and run.study]
    apart = {
        name: value
        for name, value in values.items()
        if not is_seed(name) and any(other.get(name) != value for other in others)
    }
    return cell_name(apart) or _SEED.sub("", runs[0].name) or runs[0].name


def blocks_of(groups: Sequence[Group]) -> tuple[Block, ...]:
    """Put together what can be compared: the same evaluation of the same data, texts and settings."""
    parts: dict[str, tuple[str, dict[str, list[Results]]]] = {}
    for group in groups:
        for run in group.runs:
            for name, results in run.evaluations.items():
                title = quick_title(name if run.study else results.dataset, results.quick)
                _, of_block = parts.setdefault(json.dumps([title, comparison_key(results)]), (title, {}))
                of_block.setdefault(group.name, []).append(results)
    blocks = []
    for title, of_block in parts.values():
        members = tuple(group for group in groups if group.name in of_block)
        blocks.append(Block(title, members, {name: tuple(results) for name, results in of_block.items()}))
    return tuple(blocks)


def block_of(runs: Mapping[str, Results]) -> Block:
    """Put together results by name, which are of the same data, texts and settings."""
    groups = [Group(name, (ReportRun(name, Path(name), {}),), place) for place, name in enumerate(runs)]
    first = next(iter(runs.values()))
    title = quick_title(first.dataset, first.quick)
    return Block(title, tuple(groups), {name: (results,) for name, results in runs.items()})


def find_group(groups: Sequence[Group], name: str) -> Group:
    """Find a group by its name, or by that of one of its runs.

    Raises:
        UnknownNameError: If none has it.
    """
    for group in groups:
        if name == group.name or name in {run.name for run in group.runs}:
            return group
    raise UnknownNameError(f"There is no run {name!r}.", did_you_mean(name, [group.name for group in groups]))
