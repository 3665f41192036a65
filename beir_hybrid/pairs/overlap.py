"""Overlap: texts of training data that stand in evaluation sets."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.pairs.known_texts import THRESHOLD, KnownTexts
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.pairs.stored import StoredPairs
from beir_hybrid.passage import Passage
from beir_hybrid.storage.pair_building import RowBatch, RowSource
from beir_hybrid.storage.pair_rows import drop_unfit, fill_columns
from beir_hybrid.texts import digest_texts
from beir_hybrid.verbosity import progress_bar

KINDS: Mapping[str, str] = {"question": "queries", "passage": "passages", "negative": "passages"}
"""Kinds of texts to train on, and what they are looked up among."""

_EXAMPLES = 3  # of a set and kind of text
_AT_ONCE = 2**13  # rows


@dataclass(frozen=True)
class EvaluationTexts:
    """The texts of an evaluation set, as far as they are there.

    Attributes:
        name: The set.
        queries: Texts by language.
        passages: Texts by language.
        notes: What is not there.
    """

    name: str
    queries: Mapping[str, Sequence[str]]
    passages: Mapping[str, Sequence[str]]
    notes: tuple[str, ...] = ()


def passage_texts(passages: Iterable[Passage]) -> list[str]:
    """Return each text that training data may have taken from passages: with and without title, and paragraphs."""
    forms = (text for each in passages for text in (each.text, each.searchable, each.context) if text)
    return list(dict.fromkeys(forms))


@dataclass(frozen=True)
class CheckedSet:
    """An evaluation set that data were checked against.

    Attributes:
        name: The set.
        queries: How many queries.
        passages: How many passages.
        notes: What of it was not there.
    """

    name: str
    queries: int
    passages: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OverlapCount:
    """Texts of one kind and language that stand in an evaluation set.

    Attributes:
        evaluation: The set.
        kind: One of :data:`KINDS`.
        language: Of the text in the training data; that of the passage for a negative.
        exact: How many are equal to one of the set after :func:`~beir_hybrid.texts.fold`.
        near: How many others are near one, see :class:`~beir_hybrid.pairs.known_texts.KnownTexts`.
    """

    evaluation: str
    kind: str
    language: str
    exact: int
    near: int


@dataclass(frozen=True)
class OverlapExample:
    """A text that stands in an evaluation set.

    Attributes:
        evaluation: The set.
        kind: One of :data:`KINDS`.
        group: Its group.
        language: Its language.
        text: The text.
        known_language: Language of the set's text.
        known_text: The set's text.
        likeness: 1 for texts that are equal, or differ in signs alone.
    """

    evaluation: str
    kind: str
    group: str
    language: str
    text: str
    known_language: str
    known_text: str
    likeness: float


@dataclass(frozen=True)
class Overlap:
    """What training data have in common with evaluation sets.

    Attributes:
        name: The training data.
        rows: How many rows were checked.
        threshold: The least likeness that counted as near.
        kinds: Kinds of texts that were looked up.
        sets: The evaluation sets.
        counts: What stands in which, without what was not met.
        groups: Groups of the training data that have such a text.
        examples: Some of the texts.
    """

    name: str
    rows: int
    threshold: float
    kinds: tuple[str, ...]
    sets: tuple[CheckedSet, ...]
    counts: tuple[OverlapCount, ...] = ()
    groups: int = 0
    examples: tuple[OverlapExample, ...] = ()

    @property
    def summary(self) -> str:
        """One sentence for logs and model cards."""
        names = ", ".join(each.name for each in self.sets)
        if not self.counts:
            return f"none of {self.rows:,} rows of {self.name} has a text of {names}{self._lacking}"
        exact, near = sum(one.exact for one in self.counts), sum(one.near for one in self.counts)
        return (
            f"{exact:,} texts of {self.name} stand in {names}, and {near:,} are near one there, in {self.groups:,} "
            f"groups{self._lacking}"
        )

    @property
    def _lacking(self) -> str:
        notes = [f"{each.name}: {note}" for each in self.sets for note in each.notes]
        return f" ({'; '.join(notes)})" if notes else ""


class OverlapFinder:
    """Looks up the texts of training data in evaluation sets.

    Args:
        evaluations: The sets.
        kinds: Kinds of texts to look up; see :data:`KINDS`.
        threshold: The least likeness that counts as near, in [0.5, 1].

    Raises:
        ConfigurationError: If there is no such kind, or the threshold is another number.
    """

    def __init__(
        self, evaluations: Sequence[EvaluationTexts], kinds: Sequence[str] = tuple(KINDS), threshold: float = THRESHOLD
    ) -> None:
        for kind in kinds:
            if kind not in KINDS:
                raise ConfigurationError(f"There are no texts called {kind!r}.", did_you_mean(kind, KINDS))
        self._kinds, self._threshold = tuple(kinds), threshold
        self._known = {side: KnownTexts(threshold) for side in ("queries", "passages")}
        for evaluation in evaluations:
            for side, known in self._known.items():
                for language, texts in getattr(evaluation, side).items():
                    known.add(evaluation.name, language, texts)
        self._sets = tuple(
            CheckedSet(
                each.name,
                sum(len(texts) for texts in each.queries.values()),
                sum(len(texts) for texts in each.passages.values()),
                each.notes,
            )
            for each in evaluations
        )

    def find(self, source: RowSource, *, show_progress: bool | None = False) -> tuple[Overlap, frozenset[bytes]]:
        """Look up all texts of training data, read once and in parts.

        Args:
            source: The rows.
            show_progress: Whether to show progress on stderr; None for only in a terminal.

        Returns:
            What they have in common, and digests of the groups that are concerned, for :func:`without_groups`.
        """
        counts: Counter[tuple[str, str, str, bool]] = Counter()
        shown: Counter[tuple[str, str]] = Counter()
        examples, groups, rows = [], set[bytes](), 0
        with progress_bar(show=show_progress, desc="Checking", total=source.size, unit="B", unit_scale=True) as bar:
            for batch in source.batches():
                fit, _ = drop_unfit(fill_columns(batch.rows))
                rows += len(fit)
                digests = digest_texts(fit.column("group"), exact=True)
                for row, exact, example in self._examples(fit):
                    groups.add(digests[row].tobytes())
                    counts[example.evaluation, example.kind, example.language, exact] += 1
                    shown[example.evaluation, example.kind] += 1
                    if shown[example.evaluation, example.kind] <= _EXAMPLES:
                        examples.append(example)
                bar.update(batch.bytes_read)
        cells = sorted({cell[:3] for cell in counts})
        counted = tuple(OverlapCount(*cell, counts[*cell, True], counts[*cell, False]) for cell in cells)
        how = Overlap(source.name, rows, self._threshold, self._kinds, self._sets)
        return replace(how, counts=counted, groups=len(groups), examples=tuple(examples)), frozenset(groups)

    def _examples(self, rows: pa.RecordBatch) -> Iterator[tuple[int, bool, OverlapExample]]:
        """Yield texts of rows that stand in a set: their rows, and whether exactly."""
        question = rows.column("language")
        passage = pc.coalesce(rows.column("passage_language"), question)
        for kind in self._kinds:
            if kind == "negative":
                lists = rows.column("negatives")
                texts, owners = pc.list_flatten(lists), np.asarray(pc.list_parent_indices(lists))
            else:
                texts, owners = rows.column(kind), np.arange(len(rows))
            codes = question if kind == "question" else passage
            written = texts.to_pylist()
            for place, known, exact, value in self._known[KINDS[kind]].look_up(written):
                row = int(owners[place])
                group, code = rows.column("group")[row].as_py(), codes[row].as_py()
                example = (known.owner, kind, group, code, written[place], known.language, known.text, round(value, 4))
                yield row, exact, OverlapExample(*example)


def without_groups(source: RowSource, groups: frozenset[bytes]) -> RowSource:
    """Leave groups out of training data, in all their languages.

    Args:
        source: The rows.
        groups: Digests of the groups.
    """

    def batches() -> Iterator[RowBatch]:
        for batch in source.batches():
            names = pc.fill_null(batch.rows.column("group"), "")
            kept = np.array([digest.tobytes() not in groups for digest in digest_texts(names, exact=True)], bool)
            dropped = Counter({"a group that stands in an evaluation set": int((~kept).sum())})
            yield RowBatch(batch.rows.filter(pa.array(kept)), batch.dropped + dropped, batch.bytes_read)

    identity = [source.identity, "without", hashlib.sha256(b"".join(sorted(groups))).hexdigest()]
    return RowSource(source.name, identity, batches, source.size)


def pairs_source(pairs: ParallelPairs) -> RowSource:
    """Read the rows of pairs that were opened: of a store, of the languages chosen."""
    names = pairs.store.columns if isinstance(pairs, StoredPairs) else pairs.table.column_names

    def batches() -> Iterator[RowBatch]:
        numbers = pairs.numbers
        held = np.unique(np.concatenate([numbers.questions.ravel(), numbers.passages.ravel()]))
        held = held[held >= 0]
        for start in range(0, len(held), _AT_ONCE):
            part = held[start : start + _AT_ONCE]
            columns = {name: pairs.texts.take(name, part) for name in names}
            yield RowBatch(pa.RecordBatch.from_pydict(columns), bytes_read=len(part))

    return RowSource(pairs.name, pairs.checksum, batches, len(pairs))
