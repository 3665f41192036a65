"""Entry points that installed distributions register here: read once, and again when the installation changes.

``importlib.metadata.entry_points`` reads the files of all distributions at each call, which takes tens of milliseconds
in an environment of this package's size, and a command looks up a dozen names; and a single malformed file of anybody's
makes it fail. So what concerns this package is kept until the path changes, and a malformed file is listed by the name
of its distribution.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, distributions

from beir_hybrid.registry.origin import describe_error

_PREFIX = "beir_hybrid."

State = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Unreadable:
    """A distribution that registers something with this package in a file that cannot be parsed.

    Attributes:
        distribution: Its name and version, as far as they can be read.
        reason: What is wrong with its ``entry_points.txt``.
    """

    distribution: str
    reason: str


@dataclass(frozen=True)
class _Installed:
    """All entry points of this package's groups, and when they were read.

    Attributes:
        state: The folders that distributions are looked for in, each with the time of its last change.
        points: Entry points by group.
        unreadable: Distributions whose entry points cannot be read.
    """

    state: State
    points: dict[str, tuple[EntryPoint, ...]]
    unreadable: tuple[Unreadable, ...]


def groups() -> list[str]:
    """Return the groups under this package's name that anybody registers something in, sorted."""
    return sorted(_read().points)


def points_of(group: str) -> tuple[EntryPoint, ...]:
    """Return the entry points of one of this package's groups, such as ``beir_hybrid.datasets``."""
    return _read().points.get(group, ())


def unreadable() -> tuple[Unreadable, ...]:
    """Return the distributions whose entry points name this package and cannot be read."""
    return _read().unreadable


def distribution_of(point: EntryPoint) -> str:
    """Return which distribution registered an entry point, as ``name version``; empty if that is unknown."""
    return "" if point.dist is None else _describe(point.dist)


_installed: _Installed | None = None


def _read() -> _Installed:
    global _installed
    state = _state()
    if _installed is None or _installed.state != state:
        points: dict[str, tuple[EntryPoint, ...]] = {}
        broken: list[Unreadable] = []
        seen: set[str] = set()
        for distribution in distributions():
            text, problem = _text(distribution)
            if _PREFIX not in text:  # nor is any other file parsed, which may be malformed and is not ours to judge
                continue
            description = _describe(distribution)
            name = re.sub(r"[-_.]+", "-", description.partition(" ")[0]).lower()
            if name and name in seen:  # the first on the path is the one that is imported
                continue
            seen.add(name)
            try:
                if problem is not None:
                    raise problem
                for point in distribution.entry_points:
                    if point.group.startswith(_PREFIX):
                        points[point.group] = (*points.get(point.group, ()), point)
            except Exception as error:  # whatever a parser makes of such a file
                broken.append(Unreadable(description, f"Its entry_points.txt cannot be read: {describe_error(error)}."))
        _installed = _Installed(state, points, tuple(broken))
    return _installed


def _text(distribution: Distribution) -> tuple[str, UnicodeDecodeError | None]:
    """Read a distribution's entry points, as far as they are text, and say what is wrong if they are not."""
    try:
        return distribution.read_text("entry_points.txt") or "", None
    except UnicodeDecodeError as error:
        return bytes(error.object).decode("utf-8", "replace"), error
    except OSError:
        return "", None


@lru_cache(1024)  # parsing takes milliseconds, and every measure of every setting asks for its origin
def _describe(distribution: Distribution) -> str:
    try:
        metadata = distribution.metadata  # empty without METADATA, as an interrupted installation leaves it
        words = [metadata[key] for key in ("Name", "Version") if key in metadata]
        return " ".join(words) if "Name" in metadata else ""
    except Exception:  # whatever a parser makes of such a file
        return ""


def _state() -> State:
    """Return the folders that are searched, with the time of their last change, such as an installation."""
    return tuple((folder, _changed(folder)) for folder in map(_absolute, sys.path))


def _absolute(entry: str) -> str:
    try:
        return os.path.abspath(entry or ".")  # noqa: PTH100  # a Path costs ten times as much, at every look-up
    except FileNotFoundError:  # the working folder is gone, and nothing can be found in it
        return entry


def _changed(folder: str) -> int | None:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116  # as above
    except OSError:
        return None
