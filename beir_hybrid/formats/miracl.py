"""MIRACL: its topics, judgements and corpora, in a folder in the hub's layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from beir_hybrid.datasets.miracl.dataset import MIRACL
from beir_hybrid.datasets.miracl.files import MiraclFiles
from beir_hybrid.errors import MissingDataError
from beir_hybrid.languages import choose_languages
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import SCHEMA, TEXTS

_SCHEMA = pa.schema([SCHEMA.field(name) for name in (*TEXTS, "negatives")])
_ROWS = 2**12


@dataclass(frozen=True)
class MiraclFolder:
    """A folder with MIRACL's files; see :class:`~beir_hybrid.datasets.miracl.dataset.Miracl`.

    Each relevant passage of a query is a row, and those judged to be none are its negatives. Passages are title and
    text. The judged ones are kept in the user's cache, so that the corpora are read once.

    Args:
        split: Which queries.
    """

    name: ClassVar[str] = "miracl"
    split: str = "train"

    def recognizes(self, path: Path) -> bool:
        """Return whether a folder, or the folder ``miracl`` in it, holds topics of some split by MIRACL's names."""
        return path.is_dir() and bool(MiraclFiles(path).languages())

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`.

        Raises:
            MissingDataError: If no language has the split, or a file is missing.
            LanguageError: If a language is missing.
            DataFormatError: If a file is damaged.
        """
        files = MiraclFiles(path)
        known = files.languages(self.split)
        if not known:
            raise MissingDataError(
                f"{path} has no topics of the split {self.split!r}.",
                "Copy them into that folder, or choose another split.",
            )
        for language in choose_languages(languages, known, str(path)):
            left_out: Counter[str] = Counter()
            pairs = MIRACL.read_pairs(files, language, self.split, left_out)
            while part := [pair._asdict() for pair in islice(pairs, _ROWS)]:
                yield RowBatch(pa.RecordBatch.from_pylist(part, schema=_SCHEMA))
            size = sum(shard.stat().st_size for shard in files.shards(language))
            yield RowBatch(pa.RecordBatch.from_pylist([], schema=_SCHEMA), left_out, size)
