"""SWIM-IR: made-up questions about passages of Wikipedia, in one language or across two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.formats.naming import check_language, number_rows, row_prefix
from beir_hybrid.formats.tables import columns_of, read_table, table_files
from beir_hybrid.storage.pair_building import RowBatch

_COLUMNS = ("_id", "code", "query", "title", "text")


@dataclass(frozen=True)
class SwimIr:
    """``_id``, ``lang``, ``code``, ``query``, ``title`` and ``text`` in JSON Lines or Parquet: a row is a group.

    Questions are in the language ``code``. The passages of the monolingual part are, too; those of the cross-lingual
    part are in English, which is seen by the word "the" in most of a file's first passages.

    Args:
        question_language: Code of all questions; default: the row's ``code``.
        passage_language: Code of all passages; default: see above.

    Raises:
        ConfigurationError: If one is no code.
    """

    name: ClassVar[str] = "swim-ir"
    question_language: str = ""
    passage_language: str = ""

    def __post_init__(self) -> None:
        for option in ("question_language", "passage_language"):
            check_language(option, getattr(self, option))

    def recognizes(self, path: Path) -> bool:
        """Return whether each table has the columns."""
        files = table_files(path)
        return bool(files) and all(set(_COLUMNS) <= columns_of(file).keys() for file in files)

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        for file in table_files(path):
            english = self.passage_language or ("en" if _is_english(file) else "")
            prefix, start = row_prefix(file), 0
            for batch in read_table(file, _COLUMNS):
                rows, count = batch.rows, len(batch.rows)
                question = pa.repeat(self.question_language, count) if self.question_language else rows.column("code")
                title = pc.fill_null(rows.column("title"), "")
                columns = {
                    "group": number_rows(prefix, start, count),
                    "language": question,
                    "question": rows.column("query"),
                    # title and text as in evaluation
                    "passage": pc.utf8_trim_whitespace(pc.binary_join_element_wise(title, rows.column("text"), " ")),
                    "passage_language": pa.repeat(english, count) if english else rows.column("code"),
                }
                start += count
                yield RowBatch(pa.RecordBatch.from_pydict(columns), batch.dropped, batch.bytes_read)


def _is_english(path: Path) -> bool:
    """Return whether most of the first passages are English."""
    for batch in islice(read_table(path, ("text",)), 1):
        texts = batch.rows.column("text")[:100]
        return 2 * (pc.sum(pc.match_substring(texts, " the ")).as_py() or 0) > len(texts)
    return False
