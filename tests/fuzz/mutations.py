"""Mutations: how a whole file is damaged. All of them are functions of (content, generator)."""

from __future__ import annotations

import gzip
import json
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import yaml

Mutation = Callable[[bytes, np.random.Generator], bytes]

NUMBERS = [0, 1, -1, 2, 127, 255, 256, 65_535, 2**31 - 1, 2**31, -(2**31), 2**32 - 1, 2**62, 2**63 - 1, -(2**63)]
TEXTS = [
    b"", b"0", b"-1", b"1e400", b"NaN", b"-Infinity", b"9" * 20, b"9" * 5_000, b"x" * 5_000, b"null", b"true", b"[]",
    b"{}", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", "\u2028".encode(), b"\r", b"\n", b"\t",
    b"\x1b[31m", "\u202e".encode(), b'"', b"'", b"[" * 3_000, b'{"a":' * 3_000, b"- " * 500, b"*a", b"&a [*a]",
    b"!!python/name:os.system", b"en", b"en:", b":", b"xx:1", b"all", b"en-de", b"../..", b"/dev/null",
    "\U0001f642".encode(), "\N{NO-BREAK SPACE}".encode(),
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 3, 1.5, -0.0, 1e308, 10**30, 10**400, float("nan"), float("inf"), "", " ", "x", "en",
    "x" * 5_000, "a\nb\x1b[0m\u2028", "\ud800", "\x00", "=1+1", [], [None], [[]], [1, 2], ["x" * 5_000], {}, {"": None},
    {"a": {"b": []}}, "all", "en-de", "2024-01-01", "../../x", "map@0",
]  # fmt: skip


def flip(content: bytes, generator: np.random.Generator) -> bytes:
    """Change one to four bytes."""
    changed = bytearray(content)
    for place in generator.integers(max(len(changed), 1), size=generator.integers(1, 5)):
        if changed:
            changed[place] = generator.integers(256)
    return bytes(changed)


def flip_bit(content: bytes, generator: np.random.Generator) -> bytes:
    """Change one bit."""
    changed = bytearray(content)
    if changed:
        changed[generator.integers(len(changed))] ^= 1 << generator.integers(8)
    return bytes(changed)


def cut(content: bytes, generator: np.random.Generator) -> bytes:
    """Cut the end off."""
    return content[: generator.integers(len(content) + 1)]


def remove(content: bytes, generator: np.random.Generator) -> bytes:
    """Take a part out."""
    start, end = _part(content, generator)
    return content[:start] + content[end:]


def repeat(content: bytes, generator: np.random.Generator) -> bytes:
    """Write a part twice."""
    start, end = _part(content, generator)
    return content[:end] + content[start:]


def splice(content: bytes, generator: np.random.Generator) -> bytes:
    """Copy a part over another place."""
    start, end = _part(content, generator)
    place = int(generator.integers(len(content) + 1))
    return content[:place] + content[start:end] + content[place + end - start :]


def fill(content: bytes, generator: np.random.Generator) -> bytes:
    """Make a part zeros or noise."""
    start, end = _part(content, generator)
    new = bytes(end - start) if generator.random() < 0.5 else generator.bytes(end - start)
    return content[:start] + new + content[end:]


def write_number(content: bytes, generator: np.random.Generator) -> bytes:
    """Write a binary number over a place, where such numbers mostly stand: at a multiple of 4."""
    number = NUMBERS[generator.integers(len(NUMBERS))] + int(generator.integers(-8, 9))
    size, code = ((1, "<b"), (2, "<h"), (4, "<i"), (8, "<q"))[generator.integers(4)]
    place = int(generator.integers(len(content) + 1)) // 4 * 4
    wrapped = (number + 2 ** (8 * size - 1)) % 2 ** (8 * size) - 2 ** (8 * size - 1)
    return content[:place] + struct.pack(code, wrapped) + content[place + size :]


def insert_text(content: bytes, generator: np.random.Generator) -> bytes:
    """Put a text in, over a part or between."""
    start, end = _part(content, generator, 16)
    end = start if generator.random() < 0.5 else end
    return content[:start] + TEXTS[generator.integers(len(TEXTS))] + content[end:]


def replace_word(content: bytes, generator: np.random.Generator) -> bytes:
    """Put a text in the place of a word or number."""
    words = list(re.finditer(rb"-?[0-9.]+|[\w:#-]+", content))
    if not words:
        return insert_text(content, generator)
    word = words[generator.integers(len(words))]
    return content[: word.start()] + TEXTS[generator.integers(len(TEXTS))] + content[word.end() :]


def change_lines(content: bytes, generator: np.random.Generator) -> bytes:
    """Drop, double or move a line, or join two."""
    lines = content.splitlines(keepends=True) or [b""]
    place, other = generator.integers(len(lines), size=2)
    what = generator.integers(4)
    if what == 0:
        del lines[place]
    elif what == 1:
        lines.insert(other, lines[place])
    elif what == 2:
        lines[place], lines[other] = lines[other], lines[place]
    else:
        lines[place] = lines[place].rstrip()
    return b"".join(lines)


def change_json(content: bytes, generator: np.random.Generator) -> bytes:
    """Change a value of a JSON file, or of one line of a JSON Lines file, and leave JSON."""
    try:
        return json.dumps(_changed(json.loads(content), generator)).encode()
    except (ValueError, RecursionError):
        lines = content.splitlines(keepends=True) or [b""]
        place = generator.integers(len(lines))
        try:
            lines[place] = json.dumps(_changed(json.loads(lines[place]), generator)).encode() + b"\n"
        except (ValueError, RecursionError):
            return replace_word(content, generator)
        return b"".join(lines)


def change_yaml(content: bytes, generator: np.random.Generator) -> bytes:
    """Change a value of a YAML file, and leave YAML."""
    try:
        return yaml.safe_dump(_changed(yaml.safe_load(content), generator), allow_unicode=True).encode()
    except (yaml.YAMLError, ValueError, RecursionError):
        return replace_word(content, generator)


def in_gzip(mutations: list[Mutation]) -> list[Mutation]:
    """Make mutations of what a gzip file holds."""

    def inside(mutation: Mutation) -> Mutation:
        def change(content: bytes, generator: np.random.Generator) -> bytes:
            try:
                return gzip.compress(mutation(gzip.decompress(content), generator), 1)
            except (OSError, EOFError, zlib.error):
                return flip(content, generator)

        return change

    return [*map(inside, mutations), *BINARY]


def _part(content: bytes, generator: np.random.Generator, longest: int = 64) -> tuple[int, int]:
    start = int(generator.integers(len(content) + 1))
    return start, min(start + int(generator.integers(1, longest)), len(content))


def _changed(value: Any, generator: np.random.Generator) -> Any:
    """Change one thing in a value: replace, remove, rename or double it."""
    places: list[tuple[Any, Any]] = []

    def walk(one: Any) -> None:
        for key in one if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ():
            places.append((one, key))
            walk(one[key])

    walk(value)
    new = VALUES[generator.integers(len(VALUES))]
    if not places or generator.random() < 0.02:
        return new
    owner, key = places[generator.integers(len(places))]
    what = generator.random()
    if what < 0.6:
        owner[key] = new
    elif what < 0.8:
        del owner[key]
    elif isinstance(owner, list):
        owner.append(owner[key])
    else:
        owner[str(new)[:5_000]] = owner[key] if what < 0.9 else owner.pop(key)
    return value


BINARY: list[Mutation] = [flip, flip_bit, cut, remove, repeat, splice, fill, write_number, write_number]
TEXT: list[Mutation] = [flip, cut, remove, repeat, splice, insert_text, replace_word, replace_word, change_lines]
JSON: list[Mutation] = [*TEXT, *[change_json] * 9]
YAML: list[Mutation] = [*TEXT, *[change_yaml] * 9]
