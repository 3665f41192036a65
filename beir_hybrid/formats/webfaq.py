"""WebFAQ: questions and answers of websites, aligned in pairs of languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.errors import LanguageError
from beir_hybrid.formats.naming import number_rows, row_prefix, stem
from beir_hybrid.formats.tables import columns_of, read_table, table_files
from beir_hybrid.languages import SHORT_CODES, short_code
from beir_hybrid.storage.pair_building import RowBatch

_TEXTS = ("question1", "answer1", "question2", "answer2")
_CODES = ("language1", "language2")


@dataclass(frozen=True)
class WebFaq:
    """Bitexts of WebFAQ, ``question1``, ``answer1``, ``question2``, ``answer2``: a row is a group in two languages.

    Version 2 has the languages in ``language1`` and ``language2``, version 1 in the file's name, such as
    ``deu_eng.jsonl.gz``. Codes of three letters become those of two where there is one.
    """

    name: ClassVar[str] = "webfaq"

    def recognizes(self, path: Path) -> bool:
        """Return whether each table has the four texts."""
        files = table_files(path)
        return bool(files) and all(set(_TEXTS) <= columns_of(file).keys() for file in files)

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        for file in table_files(path):
            yield from _read_file(file)


def _read_file(path: Path) -> Iterator[RowBatch]:
    named = () if set(_CODES) <= columns_of(path).keys() else _languages_in_name(path)
    short = [pa.array(codes) for codes in zip(*SHORT_CODES.items(), strict=True)]
    prefix, start = row_prefix(path), 0
    for batch in read_table(path, (*_TEXTS, *_CODES)):
        rows, count = batch.rows, len(batch.rows)
        groups = number_rows(prefix, start, count)
        sides = []
        for side in (0, 1):
            given = rows.column(_CODES[side])
            mapped = short[1].take(pc.index_in(given, value_set=short[0]))
            code = pa.repeat(named[side], count) if named else pc.coalesce(mapped, given)
            columns = [groups, code, rows.column(_TEXTS[2 * side]), rows.column(_TEXTS[2 * side + 1])]
            sides.append(pa.RecordBatch.from_arrays(columns, ["group", "language", "question", "passage"]))
        start += count
        yield RowBatch(pa.concat_batches(sides), batch.dropped, batch.bytes_read)


def _languages_in_name(path: Path) -> tuple[str, ...]:
    codes = tuple(short_code(code) for code in stem(path).split("_"))
    if len(codes) != 2 or not all(code.isalpha() and len(code) in (2, 3) for code in codes):
        raise LanguageError(f"{path} does not say its languages.", "Name it by them, such as deu_eng.jsonl.gz.")
    return codes
