"""ParallelPairs: questions and passages, by group and language. The noun of training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.arrays import Bools, Ints
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, shorten
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs.answers import number_answers
from beir_hybrid.pairs.checks import check_table
from beir_hybrid.pairs.dataset_rows import RowColumns, dataset_source, table_of
from beir_hybrid.pairs.hard_negatives import HardNegatives
from beir_hybrid.pairs.index import ExampleIndex, negatives_of
from beir_hybrid.pairs.lengths import Lengths
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.storage.arrow_files import read_table, table_checksum, write_table
from beir_hybrid.storage.pair_numbers import PairNumbers
from beir_hybrid.storage.pair_rows import SCHEMA, TEXTS
from beir_hybrid.storage.pair_store import TextRows
from beir_hybrid.texts import Buckets, length_buckets, number_texts

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset


class ParallelPairs:
    """Questions and the passages that answer them, by group and language, in one Arrow table.

    Text is stored once; an example of training is a pair of references into the table: the question of a group in one
    language and the passage of the same group in the same or another language. A language that a group lacks is simply
    absent. A table opened from a file stays on disk and is read where it is needed.

    Args:
        name: Name of the data, for logs and model cards.
        table: Columns ``group``, ``language``, ``question`` and ``passage``, all strings, in any order of rows; and
            ``negatives``, lists of strings, if there are any. Those that answer the question are passed over, see
            :class:`~beir_hybrid.pairs.hard_negatives.HardNegatives`.

    Raises:
        DataFormatError: If a column is missing or holds no strings, a text is empty, or (found when it is first looked
            at) a group has a language twice.

    Examples:
        >>> pairs = ParallelPairs.from_pairs("tiny", [Pair("1", "en", "Who?", "Me."), Pair("1", "de", "Wer?", "Ich.")])
        >>> pairs
        ParallelPairs('tiny', 1 groups, 2 pairs, languages=('de', 'en'))
    """

    COLUMNS = TEXTS

    def __init__(self, name: str, table: pa.Table) -> None:
        self.name = name
        self.table = check_table(name, table)

    @classmethod
    def from_pairs(cls, name: str, pairs: Iterable[Pair]) -> ParallelPairs:
        """Build from pairs in memory; see the class for the errors raised."""
        rows = list(pairs)
        used = [
            field
            for field in SCHEMA
            if field.name in TEXTS or any(getattr(row, field.name) not in (None, ()) for row in rows)
        ]
        try:
            columns = {field.name: pa.array([_value(row, field.name) for row in rows], field.type) for field in used}
        except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can write
            raise DataFormatError(f"{name} holds a text that is not Unicode: {error}.", "Correct that text.") from error
        except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
            raise DataFormatError(f"{name} holds what is no text: {error}.", "Make all of a pair strings.") from error
        return cls(name, pa.table(columns))

    @classmethod
    def from_dataset(
        cls,
        dataset: Dataset | IterableDataset,
        columns: Mapping[str, str | None] | RowColumns | None = None,
        *,
        language: str | None = None,
        name: str | None = None,
    ) -> ParallelPairs:
        """Build from a dataset with a question and a passage a row; rows that cannot be used are left out and logged.

        ``from_dataset(...).dataset()`` pairs the rows of one language each: each question meets the passages of its
        group in all languages. What does not fit into memory becomes a store instead: see
        :func:`~beir_hybrid.pairs.dataset_source`.

        Args:
            dataset: Its rows; one that streams is read in parts of some thousand.
            columns: The dataset's columns by ours: ``group``, ``language``, ``question``, ``passage``,
                ``passage_language``, ``score``, ``negatives``, ``negative_languages`` and ``negative_scores``. Those
                not given are looked for under their usual names, such as ``anchor`` or ``query``, ``positive`` and
                ``negative_1``; None for one that shall not be used. Without ``group`` each row is a group of its own.
            language: Language of all questions, where no column says it.
            name: Name of the data; None for the dataset's.

        Raises:
            ConfigurationError: If pairs have no such column, or the language is given twice.
            DataFormatError: If a column is missing or holds what cannot be used, or no row can be used.

        Examples:
            >>> from datasets import Dataset
            >>> rows = Dataset.from_dict({"query": ["Who?", "Wer?"], "positive": ["Me.", "Ich."], "lang": ["en", "de"],
            ...     "id": [1, 1]})
            >>> ParallelPairs.from_dataset(rows, {"group": "id"}, name="tiny")
            ParallelPairs('tiny', 1 groups, 2 pairs, languages=('de', 'en'))
        """
        source = dataset_source(dataset, columns, language=language, name=name)
        return cls(source.name, table_of(source))

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
        return cls(path.stem, read_table(path, SCHEMA.names))

    def save(self, path: Path) -> None:
        """Write the table as an Arrow file with its checksum, whole or not at all.

        Raises:
            OutputError: If it cannot be written.
        """
        write_table(path, self.table)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages of the questions and passages, sorted."""
        return tuple(sorted({code for column in self._codes.values() for code in pc.unique(column).to_pylist()}))

    @property
    def columns(self) -> list[str]:
        """Names of the columns that there are."""
        return list(self.table.column_names)

    @cached_property
    def _codes(self) -> dict[str, pa.ChunkedArray]:
        """The language of each row's question, and of its passage where some have another."""
        codes = {"question": self.table["language"]}
        if "passage_language" in self.table.column_names:
            codes["passage"] = pc.coalesce(self.table["passage_language"], self.table["language"])
        return codes

    def select(self, languages: Iterable[str] | None) -> ParallelPairs:
        """Keep only some languages.

        Raises:
            LanguageError: If the data lack one of them.
        """
        chosen = choose_languages(languages, self.languages, self.name)
        if set(chosen) == set(self.languages):
            return self
        kept = [pc.is_in(column, value_set=pa.array(chosen, pa.string())) for column in self._codes.values()]
        return ParallelPairs(self.name, self.table.filter(reduce(pc.and_, kept)))

    def renamed(self, name: str) -> ParallelPairs:
        """Return the same pairs by another name."""
        return ParallelPairs(name, self.table)

    @cached_property
    def numbers(self) -> PairNumbers:
        """Which rows hold the questions and passages of which groups and languages.

        Raises:
            DataFormatError: If a group has a language twice.
        """
        groups = self.table["group"].combine_chunks().dictionary_encode()
        group = groups.indices.to_numpy().astype(np.int64)
        places = {name: _places(column, self.languages) for name, column in self._codes.items()}
        shape = (len(groups.dictionary), len(self.languages))
        texts = {name: number_texts(self.table[name])[0] for name in ("question", "passage")}
        tables = {name: self._place(group, place, shape, texts[name]) for name, place in places.items()}
        held = np.zeros(len(group), bool)
        for table in tables.values():
            held[table[table >= 0]] = True
        self._refuse_repeated(group, held)
        answers = number_answers(group, texts["passage"], texts["question"])
        return PairNumbers(
            self.languages,
            groups.dictionary,
            tables["question"],
            tables.get("passage", tables["question"]),
            group,
            None if int(answers.max()) + 1 == shape[0] else answers,
        )

    def _place(self, group: Ints, place: Ints, shape: tuple[int, int], texts: Ints) -> npt.NDArray[np.integer]:
        """Return the first row of each group and language; refuse others whose text differs."""
        rows = np.full(shape, -1, np.int32 if len(group) < 2**31 else np.int64)
        rows[group[::-1], place[::-1]] = np.arange(len(group))[::-1]
        self._refuse_repeated(group, texts[rows[group, place]] == texts)
        return rows

    def _refuse_repeated(self, group: Ints, fine: Bools) -> None:
        if not fine.all():
            row = int(np.argmin(fine))
            name, language = (self.table[column][row].as_py() for column in ("group", "language"))
            raise DataFormatError(
                f"{self.name}: the group {shorten(name)} has {shorten(language)} twice.",
                "Give one question and passage per group and language.",
            )

    @cached_property
    def texts(self) -> TextRows:
        """The rows' texts, looked up by row."""
        return TextRows.of_table(self.table)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over all texts, shortened to 16 hexadecimal digits; reads them once."""
        return table_checksum(self.table)[:16]

    @property
    def groups(self) -> pa.Array | pa.ChunkedArray:
        """Names of the groups, in the order of their numbers in the index."""
        return self.numbers.groups

    @cached_property
    def index(self) -> ExampleIndex:
        """Which examples exist, for :class:`~beir_hybrid.batching.plan.BatchPlan`."""
        numbers = self.numbers
        passages = None if numbers.passages is numbers.questions else numbers.passages >= 0
        index = ExampleIndex.parallel(
            numbers.languages, numbers.questions >= 0, numbers.answers, self.name, passages=passages
        )
        return replace(index, lengths=Lengths(self._measure, numbers.questions, numbers.passages))

    def _measure(self) -> tuple[Buckets, Buckets]:
        """Return how long each row's question and passage are."""
        return length_buckets(self.table["question"]), length_buckets(self.table["passage"])

    def dataset(self, *, negatives: int = 0, label: bool = False) -> Dataset:
        """Return all examples as a ``datasets.Dataset``; see :func:`beir_hybrid.pairs.examples.example_dataset`.

        Args:
            negatives: Number of hard negatives of each example.
            label: Whether to add the column ``label``.
        """
        from beir_hybrid.pairs.examples import example_dataset  # datasets takes half a second to import

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
        answers = self.numbers.group if self.numbers.answers is None else self.numbers.answers[self.numbers.group]
        return HardNegatives.of_texts(self.table["negatives"], self.table["passage"], answers)

    def guarded_index(self, number: int) -> ExampleIndex:
        """Return the index with what hard negatives add: a group does not meet another whose passage is its negative.

        Args:
            number: How many negatives of each pair are used, the first ones that do not answer its question. A pair
                that has fewer repeats them.

        Raises:
            ConfigurationError: If some pair has none, or none has so many.
        """
        hard = self.hard_negatives
        if hard is None or not hard.fewest or not 0 < number <= hard.most:
            self._check_negatives(number)
            return self.index
        if number not in self._guarded:
            rows, answers = hard.refused(number)
            self._guarded[number] = replace(
                self.index,
                negatives=negatives_of(len(self.groups), self.numbers.group[rows].astype(np.int64), answers),
                left_out=hard.passed_over(number),
                repeated=len(hard.short(number)),
            )
        return self._guarded[number]

    def _check_negatives(self, number: int) -> None:
        """Refuse a number of hard negatives that pairs have not."""
        hard = self.hard_negatives
        most = 0 if hard is None else hard.most
        if not 0 <= number <= most:
            raise ConfigurationError(
                f"{number} negatives are asked for, and no pair of {self.name} has more than {most}.",
                f"Ask for 0 to {most}, or mine some: beir-hybrid mine",
            )
        if number and hard is not None:
            without = hard.short(1)
            group = self.texts.take("group", without[:1])[0].as_py()
            raise ConfigurationError(
                f"{len(without)} of {len(self)} pairs of {self.name} have no negative that does not answer the "
                f"question, such as one of the group {shorten(group)}.",
                "Leave them out: beir-hybrid data filter DATA --negatives 1 --output DIR",
            )

    @cached_property
    def _guarded(self) -> dict[int, ExampleIndex]:
        return {}

    def __len__(self) -> int:
        """Number of (group, language) pairs."""
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        return (
            f"ParallelPairs({self.name!r}, {len(self.groups)} groups, {len(self)} pairs, languages={self.languages!r})"
        )


def _value(pair: Pair, name: str) -> object:
    """Return a pair's value; None of languages and scores of negatives that are not known."""
    value = getattr(pair, name)
    return None if name.startswith("negative_") and value == () else value


def _places(codes: pa.ChunkedArray, languages: Sequence[str]) -> Ints:
    """Return the place of each code among the languages."""
    encoded = codes.combine_chunks().dictionary_encode()
    numbers = np.array([languages.index(code) for code in encoded.dictionary.to_pylist()], np.int64)
    return numbers[encoded.indices.to_numpy()]
