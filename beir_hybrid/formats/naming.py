"""Names: what those of files and folders say about the language of what they hold, and names for their rows."""

from __future__ import annotations

import zlib
from pathlib import Path

import pyarrow as pa

from beir_hybrid.errors import ConfigurationError, LanguageError
from beir_hybrid.languages import SHORT_CODES, language_in_path, short_code

KNOWN_CODES = frozenset(SHORT_CODES.values()) | {"ckb", "ceb", "fil", "gom", "bho", "mai", "mni", "nso", "pcm", "yue"}

_ENDINGS = (".gz", ".jsonl", ".json", ".csv", ".tsv", ".txt", ".parquet", ".arrow", ".feather")


def stem(path: Path) -> str:
    """Return a file's name without its endings.

    Examples:
        >>> stem(Path("data/deu_eng.jsonl.gz")), stem(Path("mr.tydi/v1.1"))
        ('deu_eng', 'v1.1')
    """
    name = path.name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def language_in_name(path: Path, option: str = "") -> str:
    """Return the language of a file: the one chosen, or the one that its name or its folder's says.

    Args:
        path: The file.
        option: The code that the user chose; empty for none.

    Raises:
        LanguageError: If none was chosen, and the names say none, or several.

    Examples:
        >>> [language_in_name(Path(name)) for name in ("pl.jsonl", "train.sw.jsonl.gz", "miracl-th/train.jsonl")]
        ['pl', 'sw', 'th']
    """
    whole = [short_code(name) for name in (stem(path), path.absolute().parent.name)]
    code = option or language_in_path(path) or next((name for name in whole if name in KNOWN_CODES), "")
    if not code:
        fix = "Name the file by it, such as de.jsonl, or give it: --format \"NAME(language='de')\""
        raise LanguageError(f"{path} does not say its language.", fix)
    return code


def check_language(option: str, value: object) -> None:
    """Refuse an option that is no code of a language; an empty string is none chosen.

    Raises:
        ConfigurationError: If it is something else.
    """
    if not isinstance(value, str) or not (value == "" or value.replace("-", "").replace("_", "").isalnum()):
        raise ConfigurationError(f"{option} is {value!r}.", "Give a code such as de.")


def row_prefix(path: Path) -> str:
    """Return what groups begin with where each row is one: the file's name, and a checksum of how it begins.

    So rows of two files of one name are two groups, wherever the files lie.
    """
    with path.open("rb") as file:
        return f"{stem(path)}-{zlib.crc32(file.read(2**16)):08x}"


def number_rows(prefix: str, start: int, count: int) -> pa.Array:
    """Return names of groups for rows that are one each.

    Args:
        prefix: See :func:`row_prefix`.
        start: The first row's place in the file.
        count: Number of rows.
    """
    return pa.array([f"{prefix}:{number}" for number in range(start, start + count)], pa.string())
