"""FlagEmbedding: JSON Lines with a question, its positives and its negatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from beir_hybrid.formats.lists import spread_positives
from beir_hybrid.formats.naming import check_language, language_in_name, number_rows, row_prefix
from beir_hybrid.formats.tables import columns_of, read_table, table_files
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import is_list, join_lists


@dataclass(frozen=True)
class FlagEmbedding:
    """``query``, ``pos``, ``neg``, and perhaps ``pos_scores`` and ``neg_scores``, in a file or a folder of files.

    Every positive becomes a row and a group; a text that stands in ``pos`` or ``neg`` by itself is taken for a list of
    one.

    Args:
        language: Code of all texts; default: the one that each file's name or its folder's says, such as ``de.jsonl``.

    Raises:
        ConfigurationError: If the language is no code.
    """

    name: ClassVar[str] = "flag-embedding"
    language: str = ""

    def __post_init__(self) -> None:
        check_language("language", self.language)

    def recognizes(self, path: Path) -> bool:
        """Return whether each table has ``query`` and ``pos``."""
        files = table_files(path)
        return bool(files) and all({"query", "pos"} <= columns_of(file).keys() for file in files)

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        codes = {file: language_in_name(file, self.language) for file in table_files(path)}
        for file, code in codes.items():
            if languages is None or code in languages:
                yield from _read_file(file, code)


def _read_file(path: Path, language: str) -> Iterator[RowBatch]:
    prefix, start = row_prefix(path), 0
    numbers = ("pos_scores", "neg_scores")
    for batch in read_table(path, ("query", "pos", "neg"), numbers, lists=("pos", "neg", *numbers)):
        rows = batch.rows
        columns = {
            "group": number_rows(prefix, start, len(rows)),
            "language": pa.repeat(language, len(rows)),
            "question": rows.column("query"),
            "passage": rows.column("pos"),
            "negatives": join_lists([rows.column("neg")]),
        }
        scores = {"score": rows.column("pos_scores"), "negative_scores": rows.column("neg_scores")}
        if not is_list(columns["passage"].type) and is_list(scores["score"].type):
            columns["passage"] = join_lists([columns["passage"]])
        columns |= {name: column for name, column in scores.items() if column.null_count < len(column)}
        start += len(rows)
        yield spread_positives(RowBatch(pa.RecordBatch.from_pydict(columns), batch.dropped, batch.bytes_read))
