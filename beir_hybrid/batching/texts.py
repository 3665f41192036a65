"""Which texts count as equal."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from beir_hybrid.arrays import Ints

_AT_ONCE = 10_000  # texts that are in memory at the same time
_DIGEST = 16  # bytes: at ten million texts, two have the same digest by chance once in 10**24 times


def fold(text: str) -> str:
    r"""Return what is left of a text without differences of case, width and blanks.

    Texts are compared by NFKC, the Unicode form in which full-width letters, ligatures and composed letters are
    written in one way, with letters folded to one case and runs of blanks, tabs and line breaks to one blank.

    Args:
        text: Any text.

    Examples:
        >>> fold("ＡＢＣ Straße\n"), fold("abc\u3000 STRASSE")
        ('abc strasse', 'abc strasse')
    """
    if not unicodedata.is_normalized("NFKC", text):  # asking is ten times faster, and most texts are
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())


def number_texts(*columns: pa.ChunkedArray | pa.Array) -> list[Ints]:
    """Number texts, so that those that :func:`fold` makes equal have the same number.

    Args:
        *columns: Texts; one numbering holds for all columns.

    Returns:
        For each column an array of shape (texts,), numbers from 0 without gaps in order of appearance; -1 for null.

    Examples:
        >>> [numbers.tolist() for numbers in number_texts(pa.array(["One.", "Two.", None]), pa.array(["two. ", "3"]))]
        [[0, 1, -1], [1, 2]]
    """
    # digests, since the texts may be more than fits into memory
    digests = pa.chunked_array([chunk for column in columns for chunk in _digests(column)], pa.binary(_DIGEST))
    codes = digests.combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy().astype(np.int64)
    return np.split(codes, np.cumsum([len(column) for column in columns])[:-1])


def _digests(column: pa.ChunkedArray | pa.Array) -> Iterator[pa.Array]:
    for start in range(0, len(column), _AT_ONCE):
        texts: Sequence[str | None] = column.slice(start, _AT_ONCE).to_pylist()
        yield pa.array([None if text is None else _digest(text) for text in texts], pa.binary(_DIGEST))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(fold(text).encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()
