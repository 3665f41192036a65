"""Expected: the numbers that a study is known to give, and whether a finished one gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from beir_hybrid.document import Document
from beir_hybrid.errors import shorten
from beir_hybrid.settings import KINDS
from beir_hybrid.storage.files import is_number
from beir_hybrid.studies.cell import is_seed
from beir_hybrid.studies.record import StudyRecord, StudySummary

KEYS = ("command", "hardware", "note", "values")
_VALUE = ("run", "evaluation", "kind", "measure", "value", "tolerance")
_CLOSE = 3.0

Match = Literal["OK", "close", "off"]


@dataclass(frozen=True)
class ExpectedValue:
    """A mean over settings and seeds that a study is known to give.

    Attributes:
        run: Grid values of the cells, without seeds.
        evaluation: Name of the evaluation.
        kind: ``mono``, ``cross`` or ``multi``.
        measure: Name of the measure.
        value: The mean.
        tolerance: How far a repetition may be from it, in the measure's unit.
    """

    run: Mapping[str, Any]
    evaluation: str
    kind: str
    measure: str
    value: float
    tolerance: float

    def match(self, measured: float | None) -> Match:
        """Say whether a mean is the expected one: ``OK`` within the tolerance, ``close`` within three times that.

        Anything else, and what was not measured, is ``off``.

        Examples:
            >>> one = ExpectedValue({"strategy": "hybrid"}, "xquad-r", "mono", "map", 0.45, 0.01)
            >>> [one.match(measured) for measured in (0.455, 0.47, 0.4, None)]
            ['OK', 'close', 'off', 'off']
        """
        if measured is None:
            return "off"
        distance = abs(measured - self.value) - 1e-12  # for what decimals do not hold exactly
        return "OK" if distance <= self.tolerance else "close" if distance <= _CLOSE * self.tolerance else "off"


@dataclass(frozen=True)
class Reproduced:
    """An expected value beside the one of a finished study; None if it has none."""

    expected: ExpectedValue
    measured: float | None

    @property
    def match(self) -> Match:
        """Whether it is the expected one; see :meth:`ExpectedValue.match`."""
        return self.expected.match(self.measured)


def read_expected(document: Document, grid: Mapping[str, Sequence[Any]], evaluations: Sequence[str]) -> None:
    """Refuse a section ``expected`` that does not fit the study.

    Raises:
        ConfigurationError: If a value lacks something, or is about what the study does not have.
    """
    given = document.mapping("expected", known=KEYS)
    entries = given.get("values", [])
    if not isinstance(entries, list):
        raise document.error("values must be a list.", "Write  - {run: {...}, ...}", "expected", "values")
    for number in range(len(entries)):
        place = ("expected", "values", number)
        entry = document.mapping(*place, known=_VALUE)
        for key, value in document.mapping(*place, "run").items():
            document.known(key, "option of the grid", [name for name in grid if not is_seed(name)], *place)
            document.known(value, f"{key} of the grid", grid[key], *place)
        document.known(entry.get("evaluation", evaluations[0]), "evaluation", evaluations, *place)
        document.known(entry.get("kind"), "kind", KINDS, *place)
        if not isinstance(entry.get("measure"), str):
            raise document.error("an expected value has no measure.", "Add  measure: map", *place)
        for key in ("value", "tolerance"):
            if not is_number(entry.get(key)) or (key == "tolerance" and entry[key] <= 0):
                raise document.error(f"{key} is {shorten(entry.get(key))}.", f"Write a number:  {key}: 0.01", *place)


def expected_values(content: Mapping[str, Any], evaluations: Sequence[str]) -> list[ExpectedValue]:
    """Return the values that a study's content expects; those of a file that was not read here as far as they fit."""
    section = content.get("expected")
    entries = section.get("values") if isinstance(section, dict) else None
    values = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and {"kind", "measure", "value", "tolerance"} <= entry.keys():
            filled = {"run": {}, "evaluation": next(iter(evaluations), ""), **entry}
            values.append(ExpectedValue(**{key: filled[key] for key in _VALUE}))
    return values


def reproduce(values: Sequence[ExpectedValue], record: StudyRecord) -> list[Reproduced]:
    """Put expected values beside those of a finished study.

    Args:
        values: The expected values.
        record: The study with its results.
    """
    return [Reproduced(one, next((s.mean for s in record.summary if _fits(one, s)), None)) for one in values]


def _fits(one: ExpectedValue, summary: StudySummary) -> bool:
    same = (one.evaluation, one.kind, one.measure) == (summary.evaluation, summary.kind, summary.measure)
    return same and all(summary.values.get(key) == value for key, value in one.run.items())


def reproduced(record: StudyRecord) -> list[Reproduced]:
    """Compare a finished study with what its own file expected; empty where that expected nothing."""
    evaluations = list(dict.fromkeys(one.evaluation for one in record.summary))
    return reproduce(expected_values(record.study, evaluations), record)
