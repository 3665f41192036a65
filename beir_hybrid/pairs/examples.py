"""A Dataset of all examples of ParallelPairs, looked up by reference."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from datasets import Dataset
from datasets.table import InMemoryTable, Table

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.pairs.code_switch import CodeSwitch
from beir_hybrid.pairs.question_translations import translation_languages
from beir_hybrid.pairs.scores import check_scores, score_lists
from beir_hybrid.prompts import Prompts

if TYPE_CHECKING:
    from beir_hybrid.pairs.example_source import ExampleSource
    from beir_hybrid.pairs.index import ExampleIndex


_NO_SIDES = ("translation", "label", "labels", "score")  # columns that no transform changes


def example_dataset(
    sources: Sequence[ExampleSource],
    *,
    negatives: int = 0,
    label: bool = False,
    scores: bool = False,
    translations: int | None = None,
    groups: bool = False,
    prompts: Mapping[str, Prompts] | None = None,
    transform: CodeSwitch | None = None,
) -> Dataset:
    """Return all examples of one or several sources as a ``datasets.Dataset``.

    Its rows are virtual: each is looked up by reference when it is read, so that any number of languages costs no
    memory. :class:`~beir_hybrid.batching.sampler.HybridBatchSampler` knows which row is which example.

    Args:
        sources: The pairs, side by side.
        negatives: Number of hard negatives of each example: columns ``negative_1``, ``negative_2`` and so on, in the
            passage's language.
        label: Whether to add the integer column ``label``, equal for rows whose passages answer each other's questions,
            for the losses that mask them.
        scores: Whether to add the column ``score``: the scores of the passage and of its hard negatives, a list.
        translations: Whether to add the column ``translation``, the question in another language, and the seed that it
            is drawn by, see :func:`~.question_translations.translation_languages`; None for no such column.
        groups: Whether to add the integer column ``labels``, the number of each row's group over all sources, for
            losses that look up something about it.
        prompts: What is put before texts, by column; None for nothing.
        transform: What changes questions, passages and hard negatives, others each epoch; None for nothing.

    Returns:
        Columns ``anchor`` (the question), ``positive`` (the passage), and those asked for.

    Raises:
        ConfigurationError: If there is no source, or a source has fewer negatives than asked for, or lacks scores.
    """
    if not sources:
        raise ConfigurationError("There is no source of pairs.", "Give at least one.")
    for pairs in sources:
        pairs.guarded_index(negatives)  # refuses more than it has
    columns = [("anchor", pa.string()), ("positive", pa.string())]
    columns += [(f"negative_{number + 1}", pa.string()) for number in range(negatives)]
    columns += [("translation", pa.string())] if translations is not None else []
    columns += [("label", pa.int64())] if label else []
    columns += [("score", pa.list_(pa.float64()))] if scores else []
    columns += [("labels", pa.int64())] if groups else []
    schema = pa.schema(columns)
    for pairs in sources if scores else ():
        check_scores(pairs, negatives)
    identity = " ".join(f"{pairs.index.name} {pairs.index.languages} {len(pairs.texts)}" for pairs in sources) + str(
        schema
    )
    identity += "" if translations is None else f" {translations}"
    identity += "" if prompts is None else f" {prompts}"
    identity += "" if transform is None else f" {transform}"
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return Dataset(ExampleTable(sources, schema, translations, prompts, transform), fingerprint=fingerprint)


class ExampleTable(Table):  # type: ignore[misc]  # datasets ships no types
    """The table behind the Dataset: its rows are the examples of the sources' indexes, one source after the other.

    ``datasets`` reads tables through the few methods below, whether it gets an item, a batch, a selection or a
    format, so everything that users do with a Dataset works; only the memory of all the rows is missing.

    Args:
        sources: The texts.
        schema: The columns to show.
        seed: Of the draw of translations; None if none are shown.
        prompts: What is put before texts, by column; None for nothing.
        transform: What changes texts, before prompts are put before them; None for nothing.
    """

    def __init__(
        self,
        sources: Sequence[ExampleSource],
        schema: pa.Schema,
        seed: int | None = None,
        prompts: Mapping[str, Prompts] | None = None,
        transform: CodeSwitch | None = None,
    ) -> None:
        self.sources = tuple(sources)
        self.transform = transform
        self.seed = seed
        self.prompts = prompts or {}
        self._bounds = np.cumsum([0, *(pairs.index.size for pairs in self.sources)])
        super().__init__(schema.empty_table())

    @property
    def indexes(self) -> list[ExampleIndex]:
        """The sources' indexes, whose examples are the rows."""
        return [pairs.guarded_index(self._negatives) for pairs in self.sources]

    @property
    def _negatives(self) -> int:
        return sum(column.startswith("negative_") for column in self.column_names)

    @property
    def num_rows(self) -> int:
        """Number of virtual rows."""
        return int(self._bounds[-1])

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of virtual rows and of columns."""
        return self.num_rows, len(self.column_names)

    def __len__(self) -> int:
        return self.num_rows

    def column(self, i: int | str) -> pa.ChunkedArray:
        """Look up a whole column."""
        return self.fast_slice().column(i)

    def fast_gather(self, indices: list[int] | Ints) -> pa.Table:
        """Look up the examples of these rows."""
        places = np.asarray(indices, np.int64)
        owners = np.searchsorted(self._bounds, places, side="right") - 1
        if len(places) and (owners == owners[0]).all():  # as in every planned batch
            return self._of_source(int(owners[0]), places)
        parts, order = [], []
        for source in np.unique(owners):
            rows = np.flatnonzero(owners == source)
            parts.append(self._of_source(int(source), places[rows]))
            order.append(rows)
        if not parts:
            return self.table
        return pa.concat_tables(parts).take(pa.array(np.argsort(np.concatenate(order))))

    def _of_source(self, number: int, places: Ints) -> pa.Table:
        pairs = self.sources[number]
        groups, questions, passages = pairs.index.examples(places - self._bounds[number])
        asked, answering = pairs.numbers.questions[groups, questions], pairs.numbers.passages[groups, passages]
        hard = pairs.hard_negatives
        columns: dict[str, Any] = {}
        for column in self.column_names:
            languages = questions if column == "anchor" else passages
            if column == "anchor":
                columns[column] = pairs.texts.take("question", asked)
            elif column == "positive":
                columns[column] = pairs.texts.take("passage", answering)
            elif column == "label":
                columns[column] = pa.array(self._labels(number, groups))
            elif column == "labels":
                columns[column] = pa.array(self._before(number) + groups)
            elif column == "score":
                columns[column] = score_lists(pairs, self._negatives, answering)
            elif column == "translation":
                languages = translation_languages(pairs.numbers, groups, questions, places, self.seed or 0)
                columns[column] = pairs.texts.take("question", pairs.numbers.questions[groups, languages])
            elif hard is not None:
                columns[column] = hard.texts(int(column.rpartition("_")[2]) - 1, answering)
            if self.transform is not None and column not in _NO_SIDES:
                side = _side(column)
                apply = self.transform.apply
                columns[column] = apply(columns[column], pairs.index.languages, languages, places, side)
            if column in self.prompts:
                put_before = self.prompts[column].put_before
                columns[column] = put_before(columns[column], pairs.index.languages, languages)
        return pa.table(columns, schema=self.schema)

    def _labels(self, number: int, groups: Ints) -> Ints:
        answer = self.sources[number].index.answer
        return self._before(number) + (groups if answer is None else answer[groups])

    def _before(self, number: int) -> int:
        return sum(pairs.index.groups for pairs in self.sources[:number])

    def fast_slice(self, offset: int = 0, length: int | None = None) -> pa.Table:
        """Look up the examples of a range of rows."""
        stop = self.num_rows if length is None else min(offset + length, self.num_rows)
        return self.fast_gather(np.arange(offset, stop))

    def slice(self, offset: int = 0, length: int | None = None) -> ExampleSlice:
        """Look up the examples of a range of rows, as ``Dataset.select(range(...))`` does."""
        return ExampleSlice(self.fast_slice(offset, length))

    def select(self, columns: list[str]) -> ExampleTable:
        """Show only some columns."""
        return ExampleTable(self.sources, self.table.select(columns).schema, self.seed, self.prompts, self.transform)

    def drop(self, columns: str | list[str]) -> ExampleTable:
        """Show all columns but some."""
        dropped = [columns] if isinstance(columns, str) else columns
        return self.select([column for column in self.column_names if column not in dropped])

    def replace_schema_metadata(self, metadata: dict[Any, Any] | None = None) -> ExampleTable:
        """Carry other metadata, as ``datasets`` does with its features."""
        return ExampleTable(self.sources, self.schema.with_metadata(metadata), self.seed, self.prompts, self.transform)

    def to_reader(self, max_chunksize: int | None = None) -> pa.RecordBatchReader:
        """Read all rows in order, a chunk at a time."""
        step = max_chunksize or 1000
        chunks = (self.fast_slice(start, step).to_batches() for start in range(0, self.num_rows, step))
        return pa.RecordBatchReader.from_batches(self.schema, itertools.chain.from_iterable(chunks))

    def __deepcopy__(self, memo: dict[int, Any]) -> ExampleTable:  # Arrow tables never change: share them
        return ExampleTable(self.sources, self.schema, self.seed, self.prompts, self.transform)


def _side(column: str) -> int:
    """Number the texts of an example: 0 is the question, 1 the passage, and 2 the first hard negative."""
    return ("anchor", "positive").index(column) if "_" not in column else 1 + int(column.rpartition("_")[2])


def begin_epoch(dataset: Any, epoch: int) -> None:
    """Say which epoch begins to what changes the texts of a dataset, if anything does.

    Args:
        dataset: Any.
        epoch: From 0 on.
    """
    transform = getattr(getattr(dataset, "data", None), "transform", None)
    if isinstance(transform, CodeSwitch):
        transform.begin(epoch)


class ExampleSlice(InMemoryTable):  # type: ignore[misc]  # datasets ships no types
    """Examples that were looked up: they do not know their languages, which a message may then say."""

    def slice(self, *args: Any, **kwargs: Any) -> ExampleSlice:
        """Look up the examples of a range of these."""
        return ExampleSlice(self.fast_slice(*args, **kwargs))

    def select(self, *args: Any, **kwargs: Any) -> ExampleSlice:
        """Show only some columns."""
        return ExampleSlice(self.table.select(*args, **kwargs))

    def replace_schema_metadata(self, metadata: dict[Any, Any] | None = None) -> ExampleSlice:
        """Carry other metadata, as ``datasets`` does with its features."""
        return ExampleSlice(self.table.replace_schema_metadata(metadata))
