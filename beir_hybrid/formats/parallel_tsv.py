"""ParallelTsv: translated sentences in columns that have no header."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, ClassVar

import pyarrow as pa

from beir_hybrid.errors import ConfigurationError, DataFormatError
from beir_hybrid.formats.blocks import CUT_OFF
from beir_hybrid.formats.naming import check_language, row_prefix
from beir_hybrid.formats.tables import ROWS
from beir_hybrid.storage.pair_building import RowBatch

_LONGEST = 2**20  # bytes of a line
_NONE = "-"
_NAMES = ("group", "language", "question", "passage_language", "passage")


@dataclass(frozen=True)
class ParallelTsv:
    """A sentence and its translations in a line, separated by tabs, as sentence-transformers has parallel sentences.

    A line is a group of rows across languages: each sentence is the question, and its translation into the next
    language of the line, or after the last into the first, is its passage. Train on it with batches across languages,
    such as those of ``x-y``: within one language question and passage would be equal. Nothing in such a file tells it
    from other tables, so its format is never recognised and must be named.

    Args:
        languages: The codes of the columns, separated by commas, such as ``en,de``; ``-`` for a column that is none of
            a sentence, such as the authors that Tatoeba's lines end in.

    Raises:
        ConfigurationError: If the languages are no codes.
    """

    name: ClassVar[str] = "parallel-tsv"
    languages: str = ""

    def __post_init__(self) -> None:
        given = self.languages.split(",") if isinstance(self.languages, str) else [self.languages]
        codes = [code for code in given if not isinstance(code, str) or code.strip() != _NONE]
        for code in codes:
            check_language("languages", code.strip() if isinstance(code, str) else code)
        if self.languages and len(set(codes)) < max(len(codes), 2):
            raise ConfigurationError(f"languages is {self.languages!r}.", "Give two or more codes, such as en,de.")

    def recognizes(self, path: Path) -> bool:
        """Return False: two columns of texts may be anything."""
        return False

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        codes = [code.strip() for code in self.languages.split(",")]
        if not self.languages or not path.is_file():
            fix = "Name the languages of its columns: --format \"parallel-tsv(languages='en,de')\""
            raise ConfigurationError(f"{path} is read as {self.name} without languages or is no file.", fix)
        number, prefix = 0, row_prefix(path)
        try:
            with path.open("rb") as raw:
                stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw  # type: ignore[assignment]
                before = 0
                while lines := list(islice(iter(lambda: stream.readline(_LONGEST), b""), ROWS // len(codes))):
                    rows, dropped = _parse(lines, codes, prefix, number)
                    number += len(lines)
                    here = raw.tell()
                    yield RowBatch(rows, dropped, here - before)
                    before = here
        except CUT_OFF as error:
            raise DataFormatError(f"{path} is cut off or damaged: {error}.", "Copy it again.") from error


def _parse(lines: list[bytes], codes: list[str], prefix: str, start: int) -> tuple[pa.RecordBatch, Counter[str]]:
    rows: list[tuple[Any, ...]] = []
    dropped: Counter[str] = Counter()
    for number, line in enumerate(lines, start):
        if len(line) == _LONGEST:
            dropped["a line that is too long"] += 1
            continue
        try:
            fields = line.decode("utf-8-sig").rstrip("\r\n").split("\t")
        except UnicodeDecodeError:
            dropped["a line that is not UTF-8"] += 1
            continue
        texts = [(code, text) for code, text in zip(codes, fields, strict=False) if text.strip() and code != _NONE]
        if len(fields) > len(codes) or len(texts) < 2:
            dropped["fewer than two sentences" if len(texts) < 2 else "more fields than languages"] += bool(
                line.strip()
            )
            continue
        for (code, text), (other, translation) in zip(texts, texts[1:] + texts[:1], strict=True):
            rows.append((f"{prefix}:{number}", code, text, other, translation))
    columns = list(zip(*rows, strict=True)) or [()] * len(_NAMES)
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], list(_NAMES)), +dropped
