"""Records: dataclasses that JSON files hold, written and read by their annotations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.storage.files import is_number, read_json, write_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


SCHEMA = 1
"""The version of all files of records."""

RecordT = TypeVar("RecordT", bound="DataclassInstance")

_KINDS: Mapping[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "a list",
    Mapping: "a mapping",
}


def write_record(path: Path, record: DataclassInstance) -> None:
    """Write a dataclass as a JSON object with its schema version, whole or not at all."""
    write_json(path, {"schema": SCHEMA, **asdict(record)})


def read_record(path: Path, kind: type[RecordT], fix: str) -> RecordT:
    """Read what :func:`write_record` wrote.

    Args:
        path: The file.
        kind: The dataclass. Its fields may be texts, numbers, truth values, ``Any``, other dataclasses, and tuples,
            mappings and optional ones of these. A field with a default may be missing or null, and keys that are no
            fields are ignored, so that files of other versions can be read. A number that is not finite is read as
            None where that is allowed.
        fix: What to do about a damaged file, for messages.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If it is damaged or of another schema version; the message names file and key.
    """
    return parse_record(read_json(path, fix, SCHEMA), kind, str(path), fix)


def parse_record(content: Mapping[str, Any], kind: type[RecordT], where: str, fix: str) -> RecordT:
    """Build a dataclass from the content of a JSON object; see :func:`read_record`.

    Args:
        content: The object.
        kind: The dataclass.
        where: What messages call the file.
        fix: What to do about damaged content, for messages.
    """
    record: RecordT = _RecordParser(where, fix).record(kind, content)
    return record


@dataclass(frozen=True)
class _RecordParser:
    """Turns the content of one file into dataclasses.

    Args:
        where: The file, for messages.
        fix: What to do about it, for messages.
    """

    where: str
    fix: str

    def record(self, kind: Any, content: Mapping[str, Any], prefix: str = "") -> Any:
        """Build a dataclass from an object whose keys start with a prefix in messages."""
        hints = _hints(kind)
        values = {}
        for field in fields(kind):
            key = prefix + field.name
            if content.get(field.name) is not None:
                values[field.name] = self.value(hints[field.name], content[field.name], key)
            elif field.default is MISSING and field.default_factory is MISSING:
                if field.name not in content:
                    raise DataFormatError(f"{self.where} has no {key}.", self.fix)
                values[field.name] = self.value(hints[field.name], None, key)
        return kind(**values)

    def value(self, kind: Any, content: Any, key: str) -> Any:
        """Return a value if it is what a field's annotation says, with lists as tuples."""
        origin, inside = get_origin(kind), get_args(kind)
        if origin in {Union, UnionType}:  # of None and one other
            [kind] = (one for one in inside if one is not NoneType)
            undefined = kind is float and isinstance(content, float) and not math.isfinite(content)
            return None if content is None or undefined else self.value(kind, content, key)
        if kind is Any:
            return content
        if is_dataclass(kind) and isinstance(content, dict):
            return self.record(kind, content, f"{key}.")
        if origin is tuple and isinstance(content, list):
            kinds = inside[:1] * len(content) if inside[-1] is Ellipsis else inside
            if len(kinds) == len(content):
                pairs = zip(kinds, content, strict=True)
                return tuple(self.value(one, value, f"{key}[{place}]") for place, (one, value) in enumerate(pairs))
        elif origin is Mapping and isinstance(content, dict):
            return {name: self.value(inside[1], value, f"{key}.{name}") for name, value in content.items()}
        elif kind is float and is_number(content):
            return float(content)
        elif type(content) is kind and (kind in {str, bool} or is_number(content)):  # no integer beyond all floats
            return content
        wanted = _KINDS.get(origin or kind, "a mapping")
        wanted = f"{wanted} of {len(inside)}" if origin is tuple and inside[-1] is not Ellipsis else wanted
        raise DataFormatError(f"{self.where}: {key} is {shorten(content)}, not {wanted}.", self.fix)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
