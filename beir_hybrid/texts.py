"""Which texts count as equal, their digests, and their lengths."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_128_digest

from beir_hybrid.arrays import Ints

_AT_ONCE = 10_000  # texts that are in memory at the same time
_DIGEST = 16  # bytes: at a hundred million texts, two have the same digest by chance once in 10**22 times

_BETWEEN = "\0"
_RARE_BLANKS = ("\x85", "\u1680", "\u2028", "\u2029")  # what NFKC leaves, but for control characters

_NO_LETTER = r"^[^\p{L}\p{N}]*[^\p{L}\p{N}\s][^\p{L}\p{N}]*$"

OCTAVE = 16  # buckets that lengths have from one to twice as much: neighbours differ by 4 %
_MEASURED = 2**20  # texts that are measured at a time

Digests = npt.NDArray[np.uint64]
"""Shape (texts, 2): 128 bits of each text."""

Buckets = npt.NDArray[np.uint8]
"""Shape (texts,): lengths on a scale of logarithms, see :func:`length_buckets`."""


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


def without_letters(texts: pa.Array) -> pa.BooleanArray:
    """Return which texts hold neither letters nor digits, such as dots that a translator wrote; not those of blanks.

    Examples:
        >>> without_letters(pa.array([". . .", "No. 1", "", None])).to_pylist()
        [True, False, False, None]
    """
    return pc.match_substring_regex(texts, _NO_LETTER)


def digest_texts(texts: pa.Array | pa.ChunkedArray, *, exact: bool = False) -> Digests:
    """Return XXH3's 128 bits of each text after :func:`fold`: equal for texts that count as equal.

    Args:
        texts: Texts; null counts as an empty one.
        exact: Whether only identical texts count as equal, as identifiers do.

    Returns:
        Shape (texts, 2).
    """
    digests: list[bytes] = []
    for start in range(0, len(texts), _AT_ONCE):
        strings = [text or "" for text in texts.slice(start, _AT_ONCE).to_pylist()]
        digests += map(xxh3_128_digest, map(str.encode, strings) if exact else _folded(strings))
    return np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)


def _folded(texts: list[str]) -> list[bytes]:
    """Return each text after :func:`fold`: all at once, and one by one only those whose blanks differ."""
    joined = _BETWEEN.join(texts)
    if joined.count(_BETWEEN) != len(texts) - 1:
        return [fold(text).encode("utf-8", "surrogatepass") for text in texts]
    if not unicodedata.is_normalized("NFKC", joined):
        joined = _BETWEEN.join(
            text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text) for text in texts
        )
    folded = joined.casefold()
    content = folded.encode("utf-8", "surrogatepass")
    rows = content.split(_BETWEEN.encode())
    is_rare = any(blank in folded for blank in _RARE_BLANKS)
    for row in range(len(rows)) if is_rare else _with_other_blanks(content):
        rows[row] = " ".join(rows[row].decode("utf-8", "surrogatepass").split()).encode("utf-8", "surrogatepass")
    return rows


def _with_other_blanks(content: bytes) -> list[int]:
    """Return which rows have blanks that :func:`fold` changes, or may; rows end at zeros."""
    values = np.frombuffer(b"\0" + content + b"\0", np.uint8)
    blank, end = values == ord(" "), values == 0
    other = (values - 1) < ord(" ") - 1  # control characters: zero becomes 255
    other[1:] |= blank[1:] & (blank[:-1] | end[:-1])
    other[:-1] |= blank[:-1] & end[1:]
    places = np.flatnonzero(other)
    return np.unique(np.searchsorted(np.flatnonzero(end), places) - 1).tolist() if len(places) else []


def digest_text(text: str) -> bytes:
    """Return XXH3's 128 bits of a text after :func:`fold`; half of a surrogate pair is a letter like others."""
    return xxh3_128_digest(fold(text).encode("utf-8", "surrogatepass"))


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
        texts = column.slice(start, _AT_ONCE)
        missing = np.asarray(texts.is_null())
        values = digest_texts(texts).tobytes()
        whole = pa.Array.from_buffers(pa.binary(_DIGEST), len(texts), [None, pa.py_buffer(values)])
        yield whole if not missing.any() else pc.if_else(pa.array(~missing), whole, None)


def length_buckets(texts: pa.Array | pa.ChunkedArray) -> Buckets:
    """Return the lengths of texts in UTF-8 bytes on a scale of logarithms, in one byte each.

    Arrow knows where each text begins, so no text is read. Within a language bytes follow tokens closely.

    Args:
        texts: Shape (rows,), strings; a null counts as empty.

    Returns:
        Shape (rows,), ``16 * log2(1 + bytes)``, rounded, at most 255, which 65,000 bytes reach.

    Examples:
        >>> length_buckets(pa.array(["", "a", "abc", "Straße"])).tolist()
        [0, 16, 32, 48]
    """
    lengths = pc.fill_null(pc.binary_length(texts), 0)
    whole = np.empty(len(lengths), np.uint8)
    for start in range(0, len(lengths), _MEASURED):
        part = np.asarray(lengths.slice(start, _MEASURED), np.float32)
        whole[start : start + len(part)] = np.minimum(np.rint(OCTAVE * np.log2(1 + part)), 255)
    return whole
