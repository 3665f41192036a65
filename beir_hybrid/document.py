"""Document: a YAML file as plain content that knows on which line each thing stands.

PyYAML reads it, as the hosts do, so that a file means the same to them: ruamel.yaml, which keeps lines itself, reads
YAML 1.2, where ``yes`` is a text and ``2e-5`` a number, and gives values of its own types that had to be copied, too.
Neither library limits what a few aliases may stand for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, did_you_mean, shorten

Keys = tuple[str | int, ...]
_MOST = 100_000
"""Values in a file: no study or configuration has as many, but a short text of nested aliases can expand to more."""
_DEEPEST = 20


@dataclass(frozen=True)
class Document:
    """The content of a YAML file.

    Args:
        name: What messages call it.
        content: Mappings, lists, texts, numbers, booleans and None alone.
        lines: By the keys that lead to a thing, the line on which it stands, from 1.
    """

    name: str
    content: dict[str, Any]
    lines: Mapping[Keys, int] = field(default_factory=dict)

    def where(self, *keys: str | int) -> str:
        """Return the file's name, with the line of a thing or of the closest one around it."""
        for length in range(len(keys), 0, -1):
            if keys[:length] in self.lines:
                return f"{self.name}, line {self.lines[keys[:length]]}"
        return self.name

    def error(self, problem: str, fix: str, *keys: str | int) -> ConfigurationError:
        """Return an error that names the file and the line of a thing; see :meth:`where`."""
        return ConfigurationError(f"{self.where(*keys)}: {problem}", fix)

    def known(self, value: Any, what: str, words: Iterable[Any], *keys: str | int) -> Any:
        """Return a value that must be one of some.

        Args:
            value: The value.
            what: What messages call it.
            words: What it may be.
            *keys: Lead to it.

        Raises:
            ConfigurationError: If it is none of them.
        """
        words = list(words)
        if value not in words:
            raise self.error(f"unknown {what} {shorten(value)}.", did_you_mean(str(value), map(str, words)), *keys)
        return value

    def mapping(self, *keys: str | int, known: Iterable[str] | None = None) -> dict[str, Any]:
        """Return the mapping at some place; empty if there is none.

        Args:
            *keys: Lead to it.
            known: The keys that it may have; None for any.

        Raises:
            ConfigurationError: If it is not a mapping, or has an unknown key.
        """
        content: Any = self.content
        for key in keys:
            content = content.get(key) if isinstance(content, dict) else content[int(key)]
        if content is None:
            return {}
        what = str(keys[-1]) if keys else "the file"
        if not isinstance(content, dict):
            problem = f"{what} is {shorten(content)}, not a mapping."
            raise self.error(problem, "Write lines such as  key: value", *keys)
        for key in () if known is None else content:
            self.known(key, "key", known or (), *keys, key)
        return content


def as_list(value: Any) -> list[Any]:
    """Return what a file gives as one thing or a list of them as a list; nothing for None."""
    return [] if value is None else value if isinstance(value, list) else [value]


class _Loader(yaml.SafeLoader):
    """Reports a value that does not fit its form or tag like other errors: with its line."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            problem = f"{shorten(node.value, 40)} is no {node.tag.rpartition(':')[2]}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error


def read_document(path: Path, example: str = "key: value") -> Document:
    """Read a YAML file; one without content is an empty mapping.

    Args:
        path: The file.
        example: A line of such a file, for the message about one that is not a mapping.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If it cannot be read.
        ConfigurationError: If it is not a YAML mapping, has a key twice, or holds something that is no plain value.
    """
    if not path.is_file():
        raise MissingDataError(f"There is no file {path}.", "Check the path.")
    lines: dict[Keys, int] = {}
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        _find_lines(path.name, node, (), lines)  # first, since it refuses what would take forever below
        content = None if node is None else loader.construct_document(node)
    except OSError as error:
        raise DataFormatError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not YAML: {' '.join(str(error).split())}", "Correct the file.") from error
    except RecursionError as error:
        raise ConfigurationError(f"{path} is nested too deeply.", "Correct the file.") from error
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} is not a mapping.", f"Write lines such as  {example}")
    return Document(path.name, _plain(Document(path.name, content, lines), content, ()), lines)


def _find_lines(name: str, node: yaml.Node | None, keys: Keys, lines: dict[Keys, int]) -> None:
    """Note where things stand, and refuse repeated keys, of which PyYAML would silently keep the last."""
    if node is not None and len(keys) > _DEEPEST:
        raise ConfigurationError(
            f"{name}, line {node.start_mark.line + 1}: this is nested too deeply.", "Correct the file."
        )
    if len(lines) > _MOST:
        raise ConfigurationError(f"{name} expands to more than {_MOST:,} values.", "Use fewer aliases.")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigurationError(
                    f"{name}, line {key.start_mark.line + 1}: a key is not text.", "Write lines such as  key: value"
                )
            place = (*keys, str(key.value))
            if place in lines:
                raise ConfigurationError(
                    f"{name}, line {key.start_mark.line + 1}: the key {shorten(key.value)} is given twice.",
                    "Give it once.",
                )
            lines[place] = key.start_mark.line + 1
            _find_lines(name, value, place, lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines[*keys, number] = value.start_mark.line + 1
            _find_lines(name, value, (*keys, number), lines)


def _plain(document: Document, value: Any, keys: Keys) -> Any:
    """Copy content whose keys are texts, and refuse what JSON cannot hold, such as dates."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ConfigurationError(
                    f"{document.where(*keys, str(key))}: the key {shorten(key)} is not text.", "Put it in quotes."
                )
            _plain(document, key, keys)
        return {key: _plain(document, one, (*keys, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(document, one, (*keys, number)) for number, one in enumerate(value)]
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ConfigurationError(
            f"{document.where(*keys)}: {shorten(value)} has half of a surrogate pair.", "Write the letter itself."
        )
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return str(value)  # JSON has no infinity, and the host's parser reads the word
    if value is None or isinstance(value, str | int | bool) or (isinstance(value, float) and value == value):
        return value
    raise ConfigurationError(f"{document.where(*keys)}: {value} is not a plain value.", "Put it in quotes.")
