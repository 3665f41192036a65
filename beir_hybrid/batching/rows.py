"""Rows of a dataset of one's own: their languages, their groups, and which answer one another's questions."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.arrays import Bools, Ints
from beir_hybrid.batching.columns import Columns, language_hint, read_texts, reset_by_host, texts_of
from beir_hybrid.errors import DataFormatError, did_you_mean
from beir_hybrid.pairs.answers import number_answers
from beir_hybrid.pairs.hard_negatives import answers_of_negatives
from beir_hybrid.pairs.index import ExampleIndex
from beir_hybrid.pairs.lengths import Lengths
from beir_hybrid.texts import Buckets, length_buckets, number_texts

if TYPE_CHECKING:
    from datasets import Dataset


logger = logging.getLogger(__name__)


def index_rows(dataset: Dataset, columns: Columns) -> ExampleIndex:
    """Index the rows of a dataset by group and languages.

    Rows with a hard negative that answers their question are left out, and counted.

    Args:
        dataset: Rows of texts, with columns for their languages and, where rows translate one another, their group.
        columns: What the columns are called.

    Raises:
        DataFormatError: If a column is missing, holds something else or has empty fields, there is no row, or every
            row has a hard negative that answers its question.
    """
    _check_names(dataset, columns)
    stored = dataset.with_format("arrow")
    questions, passages = (_languages(dataset, name) for name in (columns.question, columns.passage))
    languages = tuple(sorted({*questions, *passages}))
    place = {language: number for number, language in enumerate(languages)}
    grouped = columns.group in dataset.column_names
    if grouped:
        _check_filled(columns.group, stored[columns.group])
    groups = _number(stored[columns.group]) if grouped else np.arange(len(dataset))
    answers = _answers(dataset, columns, groups)
    kept = np.flatnonzero(~answers.wrong.any(axis=0))
    if len(kept) == 0:
        raise DataFormatError(
            f"Each of the {len(dataset)} rows has a hard negative that answers its question.",
            "Correct the columns of negatives, or take them out with remove_columns.",
        )
    index = ExampleIndex.from_examples(
        languages,
        groups[kept],
        np.array([place[questions[row]] for row in kept], np.int64),
        np.array([place[passages[row]] for row in kept], np.int64),
        None if answers.of_rows is None else answers.of_rows[kept],
        refused=answers.refused(kept),
    )
    order = kept if index.order is None else kept[index.order]
    return replace(index, order=order, left_out=int(answers.wrong.sum()), lengths=answers.lengths)


@dataclass(frozen=True, eq=False)
class _Answers:
    """What is known about the rows' answers.

    Attributes:
        of_rows: Shape (rows,), equal for rows whose passages answer each other's questions; None if not known.
        negatives: Shape (columns, rows), the answers that the rows' hard negatives are; -1 for nobody's.
        lengths: How long the rows' questions and passages are; None if not known.
    """

    of_rows: Ints | None
    negatives: Ints
    lengths: Lengths | None = None

    @cached_property
    def wrong(self) -> Bools:
        """Shape (columns, rows): whether a hard negative answers its own question."""
        if self.of_rows is None:
            return np.zeros(self.negatives.shape, bool)
        return np.equal(self.negatives, self.of_rows)

    def refused(self, rows: Ints) -> tuple[Ints, Ints] | None:
        """Pair some rows, by their place here, with the answers that are their hard negatives; None for none."""
        answers = self.negatives[:, rows]
        _, owners = there = np.nonzero(answers >= 0)
        return (owners, answers[there]) if len(owners) else None


def _answers(dataset: Dataset, columns: Columns, groups: Ints) -> _Answers:
    """Number the answers of rows, and those that are their hard negatives."""
    names = texts_of(dataset, columns)
    none = np.empty((0, len(groups)), np.int64)
    answer = columns.answer
    if answer is None:
        if len(names) < 2:
            logger.warning("The Trainer encodes no second column of texts: shared answers are not looked for.")
            return _Answers(None, none)
        answer = names[1]
    elif answer not in dataset.column_names and answer not in names:
        raise DataFormatError(
            f"The dataset has no column {answer!r}.", f"Correct answer_column=. {did_you_mean(answer, names)}"
        )
    # in the host's losses the question comes first, then the passage, then the hard negatives
    asked, hard = names[:1], [name for name in names[2:] if name != answer]
    texts = read_texts(dataset, {answer, *names[:2], *hard})
    for name in (answer, *asked):
        _check_filled(name, texts[name])
    passages, *negatives = number_texts(*(texts[name] for name in (answer, *hard)))
    of_rows = number_answers(groups, passages, *(number_texts(texts[name])[0] for name in asked))[groups]
    if reset_by_host(dataset) and (others := [name for name in hard if not name.startswith("neg")]):
        logger.warning(
            "The host shows all columns where losses or prompts are a dict: %r is encoded as a hard negative. "
            "If it is none, take it out: dataset.remove_columns(%r)",
            others[0],
            others,
        )
    of_negatives = [answers_of_negatives(passages, of_rows, codes) for codes in negatives]
    sides = [length_buckets(texts[name]) for name in names[:2]]
    lengths = Lengths(partial(_both, *sides)) if len(sides) == 2 else None
    return _Answers(of_rows, np.stack(of_negatives) if of_negatives else none, lengths)


def _both(questions: Buckets, passages: Buckets) -> tuple[Buckets, Buckets]:  # a function, since it can be pickled
    return questions, passages


def _languages(dataset: Dataset, name: str) -> list[str]:
    """Read the language of every row."""
    feature, values = dataset.features[name], dataset.with_format("arrow")[name]
    _check_filled(name, values)
    names = getattr(feature, "names", None)  # of a ClassLabel, whose values are their places
    if names is None and "string" not in str(feature.dtype):
        raise DataFormatError(f"The column {name!r} holds {feature.dtype}.", "Give language codes as strings.")
    codes: list[str] = values.to_pylist()
    if names is None:
        return codes
    if pc.min(values).as_py() < 0:  # as datasets writes what is unknown
        raise DataFormatError(f"The column {name!r} has empty fields.", "Fill them in or drop those rows.")
    return [names[place] for place in values.to_pylist()]


def _check_names(dataset: Dataset, columns: Columns) -> None:
    wanted = {"question_column": columns.question, "passage_column": columns.passage}
    for column in wanted.values():
        if column not in dataset.column_names:
            raise DataFormatError(
                f"The dataset has no column {column!r}, only {', '.join(dataset.column_names)}.",
                language_hint(dataset, wanted)
                or "Add the language of every row, or name the column with question_column= and passage_column=.",
            )
    if len(dataset) == 0:
        raise DataFormatError("The dataset holds no example.", "Give at least one row.")
    if columns.group not in dataset.column_names:
        if columns.group != Columns.group:
            raise DataFormatError(f"The dataset has no column {columns.group!r}.", "Correct group_column=.")
        logger.warning("The dataset has no column 'group': every row counts as a question of its own.")


def _check_filled(name: str, values: pa.ChunkedArray) -> None:
    if values.null_count:
        raise DataFormatError(f"The column {name!r} has empty fields.", "Fill them in or drop those rows.")


def _number(values: pa.ChunkedArray) -> Ints:
    """Number the distinct values from 0, in order of appearance."""
    return pa.chunked_array(values).combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
