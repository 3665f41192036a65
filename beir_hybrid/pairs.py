"""ParallelPairs: questions and passages, by group and language. The noun of training."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.arrays import Ints
from beir_hybrid.batching.answers import number_answers
from beir_hybrid.batching.hard_negatives import HardNegatives
from beir_hybrid.batching.index import ExampleIndex, negatives_of
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, shorten
from beir_hybrid.languages import choose_languages
from beir_hybrid.storage.arrow_files import read_table, table_checksum, write_table
from beir_hybrid.texts import number_texts

if TYPE_CHECKING:
    from datasets import Dataset


class Pair(NamedTuple):
    """A question and the passage that answers it, in one language.

    Attributes:
        group: The question's identity over languages: translations share it.
        language: Language code.
        question: Text of the question.
        passage: Text of the passage.
        negatives: Texts in the same language that do not answer the question, hard ones first.
    """

    group: str
    language: str
    question: str
    passage: str
    negatives: tuple[str, ...] = ()


class ParallelPairs:
    """Questions and the passages that answer them, by group and language, in one Arrow table.

    Text is stored once; an example of training is a pair of references into the table: the question of a group in one
    language and the passage of the same group in the same or another language. A language that a group lacks is simply
    absent. A table opened from a file stays on disk and is read where it is needed.

    Args:
        name: Name of the data, for logs and model cards.
        table: Columns ``group``, ``language``, ``question`` and ``passage``, all strings, in any order of rows; and
            ``negatives``, lists of strings, if there are any. Those that answer the question are passed over, see
            :class:`~beir_hybrid.batching.hard_negatives.HardNegatives`.

    Raises:
        DataFormatError: If a column is missing or holds no strings, a text is empty, or (found when it is first looked
            at) a group has a language twice.

    Examples:
        >>> pairs = ParallelPairs.from_pairs("tiny", [Pair("1", "en", "Who?", "Me."), Pair("1", "de", "Wer?", "Ich.")])
        >>> pairs
        ParallelPairs('tiny', 1 groups, 2 pairs, languages=('de', 'en'))
    """

    COLUMNS = ("group", "language", "question", "passage")

    def __init__(self, name: str, table: pa.Table) -> None:
        self.name = name
        if missing := [column for column in self.COLUMNS if column not in table.column_names]:
            raise DataFormatError(
                f"{name} has no column {missing[0]!r}, only {', '.join(table.column_names)}.",
                f"Give the columns {', '.join(self.COLUMNS)}.",
            )
        self.table = table.select([*self.COLUMNS, *(["negatives"] if "negatives" in table.column_names else [])])
        for field in self.table.schema:
            if field.name == "negatives":
                if field.type not in (pa.list_(pa.string()), pa.large_list(pa.string())):
                    raise DataFormatError(f"{name}: negatives hold {field.type}.", "Make them lists of strings.")
            elif not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
                raise DataFormatError(f"{name}: the column {field.name} holds {field.type}.", "Make it strings.")
        self._check_texts()

    @classmethod
    def from_pairs(cls, name: str, pairs: Iterable[Pair]) -> ParallelPairs:
        """Build from pairs in memory; see the class for the errors raised."""
        rows = list(pairs)
        try:
            columns = {
                column: pa.array([row[place] for row in rows], pa.string()) for place, column in enumerate(cls.COLUMNS)
            }
            if any(row.negatives for row in rows):
                columns["negatives"] = pa.array([row.negatives for row in rows], pa.list_(pa.string()))
        except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can write
            raise DataFormatError(f"{name} holds a text that is not Unicode: {error}.", "Correct that text.") from error
        except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
            raise DataFormatError(f"{name} holds what is no text: {error}.", "Make all of a pair strings.") from error
        return cls(name, pa.table(columns))

    @classmethod
    def open(cls, path: Path) -> ParallelPairs:
        """Map an Arrow file that :meth:`save` or another program wrote; texts stay on disk until they are used.

        The file is read once, to verify that it is whole and, where :meth:`save` wrote it, that it matches its
        checksum: about two seconds a gigabyte.

        Raises:
            MissingDataError: If there is no such file.
            DataFormatError: If it is no Arrow file, damaged, or its pairs are not as the class wants them.
        """
        if not path.is_file():
            raise MissingDataError(f"There is no file {path}.", "Check the path.")
        return cls(path.stem, read_table(path, (*cls.COLUMNS, "negatives")))

    def save(self, path: Path) -> None:
        """Write the table as an Arrow file with its checksum, whole or not at all.

        Raises:
            OutputError: If it cannot be written.
        """
        write_table(path, self.table)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages of the data, sorted."""
        return tuple(sorted(pc.unique(self.table["language"]).to_pylist()))

    def select(self, languages: Iterable[str] | None) -> ParallelPairs:
        """Keep only some languages.

        Raises:
            LanguageError: If the data lack one of them.
        """
        chosen = choose_languages(languages, self.languages, self.name)
        if set(chosen) == set(self.languages):
            return self
        kept = pc.is_in(self.table["language"], value_set=pa.array(chosen, pa.string()))
        return ParallelPairs(self.name, self.table.filter(kept))

    @cached_property
    def _codes(self) -> tuple[Ints, Ints, pa.Array]:
        """Group number and language number of every row, and the groups' names in the order of their numbers."""
        groups = self.table["group"].combine_chunks().dictionary_encode()
        place = {language: number for number, language in enumerate(self.languages)}
        languages = self.table["language"].combine_chunks().dictionary_encode()
        numbers = np.array([place[language] for language in languages.dictionary.to_pylist()], np.int64)
        return (
            groups.indices.to_numpy().astype(np.int64),
            numbers[languages.indices.to_numpy()],
            groups.dictionary,
        )

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over all texts, shortened to 16 hexadecimal digits; reads them once."""
        return table_checksum(self.table)[:16]

    @property
    def groups(self) -> pa.Array:
        """Names of the groups as an Arrow array, in the order of their numbers in the index."""
        return self._codes[2]

    @cached_property
    def rows(self) -> npt.NDArray[np.integer]:
        """Shape (groups, languages): the table's row of each group and language, -1 where the group lacks it."""
        groups, languages, names = self._codes
        rows = np.full((len(names), len(self.languages)), -1, np.int32 if len(groups) < 2**31 else np.int64)
        rows[groups, languages] = np.arange(len(groups))
        if (rows >= 0).sum() < len(groups):
            repeated = np.flatnonzero(rows[groups, languages] != np.arange(len(groups)))[0]
            group, language = names[groups[repeated]].as_py(), self.languages[languages[repeated]]
            raise DataFormatError(
                f"{self.name}: the group {shorten(group)} has {shorten(language)} twice.",
                "Give one question and passage per group and language.",
            )
        return rows

    @cached_property
    def index(self) -> ExampleIndex:
        """Which examples exist, for :class:`~beir_hybrid.batching.plan.BatchPlan`."""
        return ExampleIndex.parallel(self.languages, self.rows >= 0, self._answers(), self.name)

    def _answers(self) -> Ints | None:
        """Number the answers; a question that stands in several groups has their passages as answers."""
        groups, _, names = self._codes
        passages, questions = (number_texts(self.table[column])[0] for column in ("passage", "question"))
        answers = number_answers(groups, passages, questions)
        return None if int(answers.max()) + 1 == len(names) else answers

    def dataset(self, *, negatives: int = 0, label: bool = False) -> Dataset:
        """Return all examples as a ``datasets.Dataset``; see :func:`beir_hybrid.batching.examples.example_dataset`.

        Args:
            negatives: Number of hard negatives of each example.
            label: Whether to add the column ``label``.
        """
        from beir_hybrid.batching.examples import example_dataset  # datasets takes half a second to import

        return example_dataset([self], negatives=negatives, label=label)

    @property
    def negatives(self) -> int:
        """How many hard negatives every pair has that do not answer its question: the smallest number over all."""
        return 0 if self.hard_negatives is None else self.hard_negatives.fewest

    @cached_property
    def hard_negatives(self) -> HardNegatives | None:
        """The hard negatives that do not answer their question; None if the data have none at all."""
        if "negatives" not in self.table.column_names:
            return None
        return HardNegatives(self.table["negatives"], self.table["passage"], self._answer_of_rows)

    def guarded_index(self, number: int) -> ExampleIndex:
        """Return the index with what hard negatives add: a group does not meet another whose passage is its negative.

        Args:
            number: How many negatives of each pair are used, the first ones that do not answer its question; in
                [0, negatives].

        Raises:
            ConfigurationError: If some pair has fewer.
        """
        hard = self.hard_negatives
        if not 0 <= number <= self.negatives:
            raise ConfigurationError(
                f"{number} negatives are asked for, and some pair of {self.name} has {self.negatives}{self._aside}.",
                f"Ask for 0 to {self.negatives}, or add negatives.",
            )
        if number == 0 or hard is None:
            return self.index
        if number not in self._guarded:
            rows, answers = hard.refused(number)
            self._guarded[number] = replace(
                self.index,
                negatives=negatives_of(len(self.groups), self._codes[0][rows], answers),
                left_out=hard.passed_over(number),
            )
        return self._guarded[number]

    @property
    def _aside(self) -> str:
        """What a message adds to the number of negatives where some were passed over."""
        wrong = None if self.hard_negatives is None else self.hard_negatives.first_false
        if wrong is None:
            return ""
        group = self.table["group"][wrong].as_py()
        return f" apart from those that answer the question, such as one of the group {group!r}"

    @cached_property
    def _guarded(self) -> dict[int, ExampleIndex]:
        return {}

    @property
    def _answer_of_rows(self) -> Ints:
        groups = self._codes[0]
        return groups if self.index.answer is None else self.index.answer[groups]

    def _check_texts(self) -> None:
        for column in self.COLUMNS:
            values = self.table[column]
            bad = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(values), ""), True)
            if len(values) and pc.any(bad).as_py():
                row = pc.index(bad, True).as_py()
                raise DataFormatError(
                    f"{self.name}: the {column} of row {row} is empty.", "Fill it in or drop the row."
                )
        if self.table.num_rows == 0:
            raise DataFormatError(f"{self.name} holds no pair.", "Give at least one question and passage.")

    def __len__(self) -> int:
        """Number of (group, language) pairs."""
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        return (
            f"ParallelPairs({self.name!r}, {len(self.groups)} groups, {len(self)} pairs, languages={self.languages!r})"
        )
