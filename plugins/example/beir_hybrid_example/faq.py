"""Questions that people ask a library, or your own: a dataset in one table."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from beir_hybrid import (
    ConfigurationError,
    DataFormatError,
    MissingDataError,
    MultilingualCollection,
    Pair,
    ParallelPairs,
    Passage,
    choose_languages,
    did_you_mean,
)

_COLUMNS = ("group", "split", "language", "question", "answer")


class Faq:
    """Frequently asked questions with their answers, in several languages.

    Built in are 21 questions that people ask a public library, in English, German and Spanish. Give as ``source`` a
    folder with a table ``faq.tsv`` of your own: a header line, then group, split, language, question and answer,
    separated by tabs. Translations share a group; its languages are those it holds.
    """

    name = "library-faq"
    description = "21 questions that people ask a library, with answers, in 3 languages; or your own table"
    languages = ("de", "en", "es")
    licence = "Apache-2.0"
    splits = ("test", "train")
    queries = passages = 7 * 3  # of the test split

    def load(
        self, source: str | Path | None = None, languages: Iterable[str] | None = None, split: str = "test"
    ) -> MultilingualCollection:
        """Load the questions of a split as queries, and its answers as passages.

        Args:
            source: Folder that holds ``faq.tsv``; None for the table that is built in.
            languages: Language codes; None for all.
            split: ``test``, ``train``, or another that the table has.

        Raises:
            MissingDataError: If the folder has no table.
            DataFormatError: If the table lacks a column.
            ConfigurationError: If the table has no such split.
            LanguageError: If the table lacks a language.
        """
        rows = self._rows(source, languages, split)
        groups = {language: [row["group"] for row in of_language] for language, of_language in rows.items()}
        return MultilingualCollection(
            name=self.name,
            corpora={
                language: {f"{language}:{row['group']}-answer": Passage(row["answer"]) for row in of_language}
                for language, of_language in rows.items()
            },
            queries={
                language: {f"{language}:{row['group']}": row["question"] for row in of_language}
                for language, of_language in rows.items()
            },
            qrels={
                f"{language}:{group}": {f"{other}:{group}-answer": 1 for other in rows if group in groups[other]}
                for language in rows
                for group in groups[language]
            },
            passage_text="answer",
            group_of={f"{language}:{group}": group for language in rows for group in groups[language]},
        )

    def pairs(
        self, source: str | Path | None = None, languages: Iterable[str] | None = None, split: str = "train"
    ) -> ParallelPairs:
        """Load the questions and answers of a split for training; see :meth:`load`."""
        rows = self._rows(source, languages, split)
        return ParallelPairs.from_pairs(
            self.name,
            (
                Pair(row["group"], language, row["question"], row["answer"])
                for language, of_language in rows.items()
                for row in of_language
            ),
        )

    def count(self, source: str | Path | None = None) -> dict[str, dict[str, int]]:
        """Count a table's questions by split and language, both sorted; see :meth:`load` for the errors."""
        rows = self._table(source)
        counted = Counter((row["split"], row["language"]) for row in rows)
        languages = sorted({row["language"] for row in rows})
        return {
            split: {language: counted[split, language] for language in languages}
            for split in sorted({row["split"] for row in rows})
        }

    def untranslated(self, source: str | Path | None = None) -> dict[str, list[str]]:
        """List the languages that groups of a table lack, by group; see :meth:`load` for the errors."""
        rows = self._table(source)
        languages = {row["language"] for row in rows}
        translated: dict[str, set[str]] = {}
        for row in rows:
            translated.setdefault(row["group"], set()).add(row["language"])
        return {group: sorted(languages - there) for group, there in translated.items() if there < languages}

    def _rows(
        self, source: str | Path | None, languages: Iterable[str] | None, split: str
    ) -> dict[str, list[dict[str, str]]]:
        """Read the rows of a split by language."""
        rows, where = self._table(source), str(_path(source))
        splits = {row["split"] for row in rows}
        if split not in splits:
            raise ConfigurationError(f"{where} has no split {split!r}.", did_you_mean(split, splits))
        chosen = choose_languages(languages, sorted({row["language"] for row in rows}), where)
        return {
            language: [row for row in rows if (row["language"], row["split"]) == (language, split)]
            for language in chosen
        }

    def _table(self, source: str | Path | None) -> list[dict[str, str]]:
        table = _path(source)
        if not table.is_file():
            raise MissingDataError(f"There is no table {table}.", "Give the folder that holds faq.tsv.")
        rows = list(csv.DictReader(table.read_text("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
        for line, row in enumerate(rows, start=2):
            if None in row or any(not row.get(column) for column in _COLUMNS):
                raise DataFormatError(
                    f"{table}:{line} is not of the columns {', '.join(_COLUMNS)}.", "Separate all five by tabs."
                )
        return rows


def _path(source: str | Path | None) -> Traversable:
    return files(__package__) / "faq.tsv" if source is None else Path(source) / "faq.tsv"


FAQ = Faq()
