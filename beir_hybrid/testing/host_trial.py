"""A host tried in an interpreter of its own; run as a script, since importing this package would import too much.

Words: which trial, the host's target, and what is watched. Prints JSON in its last line.
"""

from __future__ import annotations

import builtins
import importlib
import json
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

Facts = dict[str, Any]

_SIMPLE = (str, int, frozenset, tuple, type(None))  # compared by value; anything else by identity
_OWN = {"__builtins__", "__warningregistry__"}  # which Python writes into modules


def imported_before(target: str, watched: list[str]) -> Facts:
    """Import the toolkit, then activate the host and deactivate it, twice and again."""
    untouched = _snapshot(watched)
    host = _find(target)
    around = _interpreter()
    active = [host.is_active()]
    taken = []
    for step in ("activate", "activate", "deactivate", "deactivate", "activate"):
        getattr(host, step)()
        active.append(host.is_active())
        taken.append((_snapshot(watched), _interpreter()))
    host.deactivate()
    left = [name for name, value in taken[2][1].items() if value != around[name]]
    return {
        "active": active,
        "changed": _differing(untouched, taken[0][0]),
        "changed_twice": _differing(taken[0][0], taken[1][0]),
        "left": _differing(untouched, taken[2][0]) + left,
        "changed_again": _differing(untouched, taken[4][0]),
        "left_again": _differing(untouched, _snapshot(watched)),
        "described": {name: _describe(value) for name, (value, _) in untouched.items()},
    }


def imported_after(target: str, watched: list[str]) -> Facts:
    """Activate the host, then import the toolkit, then deactivate the host."""
    before = set(sys.modules)
    host = _find(target)
    host.activate()
    imported = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
    on, active = _snapshot(watched), host.is_active()
    host.deactivate()
    off = _snapshot(watched)
    return {
        "active": active,
        "imported": imported,
        "changed": _differing(off, on),
        "described": {name: _describe(value) for name, (value, _) in off.items()},
    }


def not_installed(target: str, watched: list[str]) -> Facts:
    """Activate and deactivate the host where the toolkit cannot be imported."""
    toolkit = {path.partition(":")[0].partition(".")[0] for path in watched}

    class Missing:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name.partition(".")[0] in toolkit:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, Missing())
    host = _find(target)
    host.activate()
    host.deactivate()
    return {"active": host.is_active()}


def _find(path: str) -> Any:
    module, _, attributes = path.partition(":")
    thing: Any = importlib.import_module(module)
    for attribute in filter(None, attributes.split(".")):
        thing = getattr(thing, attribute)
    return thing


def _snapshot(watched: list[str]) -> Facts:
    snapshot = {}
    for path in watched:
        for name, value in vars(_find(path)).items():
            if not isinstance(value, ModuleType) and name not in _OWN:
                snapshot[f"{path}.{name}" if ":" in path else f"{path}:{name}"] = (value, _content(value))
    return snapshot


def _content(value: Any) -> list[Any]:
    """List what a registry holds, which may change while the registry itself stays the same object."""
    if isinstance(value, dict):
        return [part for item in list(value.items()) for part in item]
    if isinstance(value, set):
        return sorted(value, key=id)
    return list(value) if isinstance(value, list) else []


def _differing(one: Facts, other: Facts) -> list[str]:
    def same(first: Any, second: Any) -> bool:
        return first is second or (isinstance(first, _SIMPLE) and bool(first == second))

    def unchanged(name: str) -> bool:
        if name not in one or name not in other:
            return False
        (first, held), (second, now) = one[name], other[name]
        return same(first, second) and len(held) == len(now) and all(map(same, held, now))

    return sorted(name for name in {*one, *other} if not unchanged(name))


def _describe(value: Any) -> str:
    """Return where a function's code is, which no wrapper can imitate."""
    code = getattr(getattr(value, "__func__", value), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else type(value).__name__


def _interpreter() -> Facts:
    return {
        "sys.meta_path": list(sys.meta_path),
        "sys.path": list(sys.path),
        "sys.path_hooks": list(sys.path_hooks),
        "os.environ": dict(os.environ),
        "builtins": {name: id(value) for name, value in vars(builtins).items() if name != "_"},
    }


if __name__ == "__main__":
    trials: dict[str, Callable[[str, list[str]], Facts]] = {
        trial.__name__: trial for trial in (imported_before, imported_after, not_installed)
    }
    sys.stdout.write("\n" + json.dumps(trials[sys.argv[1]](sys.argv[2], sys.argv[3:])) + "\n")
