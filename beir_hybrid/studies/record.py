"""Records: what the JSON files of a study hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from beir_hybrid.document import as_list
from beir_hybrid.errors import BeirHybridError
from beir_hybrid.storage.files import no_room
from beir_hybrid.studies.claim_answer import ClaimAnswer
from beir_hybrid.studies.trial import Trial
from beir_hybrid.studies.verdict import Verdict

PARTS = ("worst", "spread", "seen", "unseen")
"""What a study may show of its summaries besides means."""


@dataclass(frozen=True)
class StudySummary:
    """One measure in one kind of setting, over the seeds of one group of grid values.

    Attributes:
        values: The grid values except seeds.
        evaluation: Name of the evaluation.
        kind: ``mono``, ``cross`` or ``multi``.
        measure: Name of the measure.
        seeds: Number of cells.
        mean: Mean over seeds of the mean over settings.
        deviation: Standard deviation over seeds of the mean over settings; None with one seed.
        worst: The worst setting's mean over seeds, by the measure's direction; None for measures without one.
        worst_setting: Name of that setting.
        spread: Standard deviation over settings of their means over seeds; the settings are all there are, not a sample
            of others.
        seen: Mean over settings all of whose languages were trained on, of a pool the queries' language; None where
            there is no such setting.
        unseen: Mean over settings none of whose languages was trained on.
        seen_settings: Number of settings in ``seen``.
        unseen_settings: Number of settings in ``unseen``.
        seen_languages: The evaluation's languages that were trained on. Groups of cells with the same have the same
            settings in ``seen`` and ``unseen``.
    """

    values: Mapping[str, Any]
    evaluation: str
    kind: str
    measure: str
    seeds: int
    mean: float | None
    deviation: float | None = None
    worst: float | None = None
    worst_setting: str | None = None
    spread: float | None = None
    seen: float | None = None
    unseen: float | None = None
    seen_settings: int | None = None
    unseen_settings: int | None = None
    seen_languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudyRecord:
    """What ``study.json`` holds: a study, its cells, and its results as far as it has been run.

    Attributes:
        name: Name of the study.
        question: What it asks.
        study: Content of its file.
        quick: Whether the file's quick section was used; None if that is not known.
        cells: Ids of the cells, which are the names of their folders.
        verdicts: What it shows of its claims.
        claims: What its verdicts on each claim amount to.
        answer: How its claims fared, a sentence for each.
        summary: Every evaluation, kind and measure of every group of cells.
        remarks: What is missing and why, in sentences.
    """

    name: str = ""
    question: str = ""
    study: Mapping[str, Any] = field(default_factory=dict)
    quick: bool | None = None
    cells: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    claims: tuple[ClaimAnswer, ...] = ()
    answer: str = ""
    summary: tuple[StudySummary, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def grid(self) -> Mapping[str, Any]:
        """The values that it combines, by option or argument, as its file has them."""
        grid = self.study.get("grid")
        return grid if isinstance(grid, dict) else {}

    @property
    def shown(self) -> tuple[str, ...]:
        """What its file asks to be shown besides means, some of :data:`PARTS`."""
        return tuple(part for part in PARTS if part in as_list(self.study.get("show")))

    def shown_summaries(self) -> tuple[StudySummary, ...]:
        """Return the summaries to show besides means: of the measures that claims are about, or of all."""
        claims = [claim for claim in as_list(self.study.get("claims")) if isinstance(claim, dict)]
        claimed = {str(name) for claim in claims for name in as_list(claim.get("measure"))}
        claimed &= {one.measure for one in self.summary}
        return tuple(one for one in self.summary if self.shown and (one.measure in claimed or not claimed))


@dataclass(frozen=True)
class CellConfig:
    """All that decides about the results of a cell.

    Attributes:
        options: Our own options of the training, complete.
        arguments: The host's arguments that are given.
        evaluations: The evaluations.
    """

    options: Mapping[str, Any]
    arguments: Mapping[str, Any]
    evaluations: tuple[Trial, ...]


@dataclass(frozen=True)
class CellRecord:
    """What ``cell.json`` holds.

    Attributes:
        id: The cell's id.
        name: Its grid values in words.
        values: Its grid values.
        languages: The languages it trains on.
        config: What it trains and evaluates.
        command: The command of its training.
        quick: Whether it is a cell of a study's quick form.
    """

    id: str
    name: str
    values: Mapping[str, Any]
    languages: tuple[str, ...]
    config: CellConfig
    command: str
    quick: bool = False


@dataclass(frozen=True)
class CellCost:
    """What ``cost.json`` holds: the resources that a training and its evaluations used, as far as they are known.

    Attributes:
        seconds: By stage, ``train`` or ``evaluate``.
        steps: Optimizer steps.
        examples: Examples drawn.
        tokens: Tokens of all texts trained on, without padding.
        peak_memory_bytes: The most memory held at a time.
        flops: Floating-point operations of the training; None where they cannot be counted.
        flops_note: How they were counted, or why not.
        device: Device of the training.
    """

    seconds: Mapping[str, float | None] = field(default_factory=dict)
    steps: int | None = None
    examples: int | None = None
    tokens: int | None = None
    peak_memory_bytes: int | None = None
    flops: float | None = None
    flops_note: str = ""
    device: str = ""

    def amount(self, name: str) -> float | None:
        """Return a number by its name, such as ``steps`` or ``train_seconds``; None if it is not known."""
        stage = name.removesuffix("_seconds")
        value: float | None = getattr(self, name) if stage == name else self.seconds.get(stage)
        return value


@dataclass(frozen=True)
class CellEnd:
    """What ``done.json`` holds.

    Attributes:
        seconds: Duration of the cell's process; None if it is not known.
    """

    seconds: float | None = None


@dataclass(frozen=True)
class Failure:
    """Why a cell failed: what ``failed.json`` holds, and what the cell's process reports.

    Attributes:
        error: What went wrong, in a line.
        hint: What to do about it, in a line.
    """

    error: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.error} {self.hint}".strip()

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Describe an exception.

        Examples:
            >>> Failure.of(OSError(28, "No space left on device", "out/model")).error
            'No space left on device: out/model'
        """
        if isinstance(error, BeirHybridError):
            problem, fix = error.problem, error.fix
        elif no_room(error):
            words = getattr(error, "strerror", None) or " ".join(str(error).split())
            problem = ": ".join(filter(None, [words, getattr(error, "filename", None)]))
        else:
            lines = str(error).strip().splitlines()
            problem, fix = ": ".join([type(error).__name__, *lines[:1]]), "See its log.txt."
        return cls(problem, "Make room on the disk, and run the study again." if no_room(error) else fix)
