"""Checksums of content that do not depend on its order."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

_BYTES = 16


def digest_row(*fields: str) -> int:
    """Give a row's digest, a number of 128 bits; fields are told apart, so ``("ab", "")`` is not ``("a", "b")``."""
    lengths = ":".join(str(len(field)) for field in fields)
    content = f"{lengths}|{''.join(fields)}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(content, digest_size=_BYTES).digest(), "big")


def combine(digests: Iterable[int]) -> str:
    """Add digests up, modulo 2 ** 128, so that the order of the rows does not matter and a repeated row does.

    Args:
        digests: One per row, or sums over parts.

    Returns:
        32 hexadecimal digits.

    Examples:
        >>> rows = [("en:1", "One."), ("en:2", "Two.")]
        >>> combine(digest_row(*row) for row in rows) == combine(digest_row(*row) for row in reversed(rows))
        True
    """
    return f"{sum(digests) % (1 << 8 * _BYTES):0{2 * _BYTES}x}"
