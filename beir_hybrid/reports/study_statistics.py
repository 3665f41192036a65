"""Statistic: what a study found of a group of its cells: the mean, the worst setting, the spread, seen and unseen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.models.table import Column, Entry, Table, make_table
from beir_hybrid.studies.cell import cell_name

_PARTS = ("worst", "spread", "seen", "unseen")
_NUMBERS = ("mean", "deviation", *_PARTS)
_TEXTS = ("evaluation", "kind", "measure")


@dataclass(frozen=True)
class Statistic:
    """One measure in one kind of setting, over the seeds of a group of cells.

    Attributes:
        values: The group's grid values.
        evaluation: Name of the evaluation.
        kind: ``mono``, ``cross`` or ``multi``.
        measure: Name of the measure.
        seeds: Number of cells.
        mean: Mean over seeds and settings; None where it is not told, as the next five.
        deviation: Standard deviation over seeds.
        worst: The worst setting's mean.
        spread: Standard deviation over settings.
        seen: Mean over the settings of languages trained on.
        unseen: Mean over those of languages that were not.
        worst_setting: Name of the worst setting; empty where it is not told.
        settings: Number of settings in ``seen`` and ``unseen``, as far as they are told.
        shown: Which of ``worst``, ``spread``, ``seen`` and ``unseen`` the study asks to be shown.
    """

    values: Mapping[str, Any]
    evaluation: str
    kind: str
    measure: str
    seeds: int
    mean: float | None
    deviation: float | None
    worst: float | None
    spread: float | None
    seen: float | None
    unseen: float | None
    worst_setting: str
    settings: Mapping[str, int]
    shown: tuple[str, ...]


def read_statistics(content: Mapping[str, Any], path: Path) -> tuple[Statistic, ...]:
    """Read what a study asks to be shown besides means; nothing if it asks for none, or has not ended.

    Measures that no claim is about are left out, unless no claim is about any.

    Args:
        content: Content of ``study.json``.
        path: Where it was read from, for the message.

    Raises:
        DataFormatError: If an entry is not as it should be.
    """
    try:
        asked = content.get("study") or {}
        wanted = _list(asked.get("show"))
        shown = tuple(name for name in _PARTS if name in wanted)
        claimed = {str(name) for claim in _list(asked.get("claims")) for name in _list(claim.get("measure"))}
        entries = [entry for entry in content.get("summary") or () if shown]
        known = {str(entry.get("measure")) for entry in entries}
        found = [_statistic(entry, shown) for entry in entries]
    except (AttributeError, TypeError, ValueError) as error:
        raise DataFormatError(f"{path} has a summary that cannot be read: {error}.", "Run the study again.") from error
    return tuple(one for one in found if one.measure in claimed or not claimed & known)


def _statistic(entry: Mapping[str, Any], shown: tuple[str, ...]) -> Statistic:
    fields: dict[str, Any] = {name: str(entry.get(name) or "") for name in (*_TEXTS, "worst_setting")}
    for name in _NUMBERS:
        value = entry.get(name)
        fields[name] = float(value) if value is not None and math.isfinite(float(value)) else None
    fields["settings"] = {
        name: int(entry[f"{name}_settings"]) for name in ("seen", "unseen") if entry.get(f"{name}_settings") is not None
    }
    return Statistic(values=dict(entry.get("values") or {}), seeds=int(entry.get("seeds") or 1), shown=shown, **fields)


def statistics_table(statistics: Sequence[Statistic], title: str) -> Table:
    """Show them as a table, rows that can be compared one below the other.

    Args:
        statistics: At least one.
        title: The table's title.
    """
    shown = statistics[0].shown
    counted = [name for name in shown if any(name in one.settings for one in statistics)]
    order = {key: place for place, key in enumerate(dict.fromkeys(map(_question, statistics)))}
    rows = []
    for one in sorted(statistics, key=lambda one: order[_question(one)]):  # stable: groups stay in the grid's order
        look = printed(one.measure)
        mean = look.full(one.mean)
        if one.deviation is not None:
            mean += f" ± {look.full(one.deviation)}"
        entries = []
        for name in shown:
            note = one.worst_setting if name == "worst" else one.settings.get(name, "")
            value = getattr(one, name)
            entries.append(Entry(value, text=f"{look.full(value)} ({note})" if note != "" else look.full(value)))
        names = (cell_name(one.values) or "all", *_question(one), one.seeds)
        more = [*(one.settings.get(name) for name in counted), *([one.worst_setting] if "worst" in shown else [])]
        rows.append((*names, Entry(one.mean, text=mean), one.deviation, *entries, *more))
    words = {"worst": "worst setting", "spread": "spread over settings", "seen": "seen", "unseen": "unseen"}
    extra = [*(f"{name}_settings" for name in counted), *(["worst_setting"] if "worst" in shown else [])]
    columns = [
        *(Column("seeds"), Column("mean"), Column("", key="deviation")),
        *(Column(words[name], key=name) for name in shown),
        *(Column("", key=name) for name in extra),
    ]
    return make_table(title, ["cells", *_TEXTS, *columns], rows, names=4)


def _question(one: Statistic) -> tuple[str, str, str]:
    return one.evaluation, one.kind, one.measure


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
