"""Actions that wait until a module has been imported.

:func:`when_imported` asks for an action. A finder at the front of ``sys.meta_path`` lets the other finders find the
module, lends it a loader that carries out the actions as soon as the true one has executed the module, and puts the
true loader back before the module's first line runs. It leaves ``sys.meta_path`` when nothing is asked for.
:class:`LendingFinder` and :class:`LentLoader` are what such finders have in common.

Interpreters may load this file at every start (:mod:`beir_hybrid.hosts.startup`), so it imports next to nothing. There
is no lock either: what threads share is one dict, whose single operations are atomic.
"""

from __future__ import annotations

import sys
from _thread import get_ident

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


def when_imported(module: str, action: Callable[[ModuleType], None]) -> Callable[[], None]:
    """Carry out an action once a module has been imported, or at once if it is already.

    The action runs once, right after the module's code and before the import statement that caused it goes on, with
    the module that then stands in ``sys.modules`` (some replace themselves). A submodule is not an attribute of its
    package yet. The actions of one module run in the order in which they were asked for. One that raises is logged in a
    line and breaks nothing. An import that fails leaves the request standing.

    Args:
        module: Full name, such as ``beir.retrieval.evaluation``; it need not exist.
        action: What to do with the module.

    Returns:
        A function that takes the request back; it does nothing if the action has run, or if called again.

    Examples:
        >>> take_back = when_imported("no_such_module", print)
        >>> take_back()
        >>> done = when_imported("sys", lambda module: print(module.__name__))
        sys
    """
    if sys.modules.get(module) is not None:
        __import__(module)  # waits if another thread is still executing it
        _carry_out(module, action, sys.modules[module])
        return lambda: None
    request = object()
    _requests[request] = (module, action)
    _enter_or_leave()

    def take_back() -> None:
        if _requests.pop(request, None) is not None:
            _enter_or_leave()

    return take_back


class LendingFinder:
    """Finds the modules that it wants through the other finders, and lends them loaders."""

    def __init__(self) -> None:
        self._searching: set[tuple[int, str]] = set()

    def wants(self, name: str) -> bool:
        """Say whether the module of that name shall get a loader of ours."""
        raise NotImplementedError

    def lend(self, loader: Any) -> LentLoader:
        """Make a loader of ours around the true one, which is None for a package without ``__init__``."""
        raise NotImplementedError

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find what is wanted, and nothing else."""
        search = (get_ident(), name)
        if search in self._searching or not self.wants(name):
            return None
        self._searching.add(search)  # another hook of this kind asks every finder again, this one too
        try:
            spec = self._true_spec(name, path, target)
        finally:
            self._searching.discard(search)
        # a package without __init__ has no loader; one without exec_module is older than Python 3.4's protocol
        if spec is not None and (spec.loader is None or hasattr(spec.loader, "exec_module")):
            spec.loader = self.lend(spec.loader)  # type: ignore[assignment]  # it is one but for its base class
        return spec

    def _true_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find_spec = getattr(finder, "find_spec", None)
            if finder is not self and find_spec is not None:
                spec: ModuleSpec | None = find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None


class LentLoader:
    """The true loader in all respects, except for how :meth:`execute` executes its module.

    Args:
        loader: The true loader; None for a package without ``__init__``, as finders return it.
    """

    def __init__(self, loader: Any) -> None:
        self._true = loader

    def execute(self, module: ModuleType, name: str) -> None:
        """Execute a module, which is no longer lent; ``name`` is that of its spec."""
        self._true.exec_module(module)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module as the true loader does."""
        if self._true is not None:
            return self._true.create_module(spec)
        from importlib.util import module_from_spec

        spec.loader = None
        module = module_from_spec(spec)  # makes the loader of such packages
        self._true = spec.loader
        spec.loader = self  # type: ignore[assignment]  # as above
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Put the true loader back, and execute the module."""
        lent: Any = self
        spec = module.__spec__
        name = module.__name__ if spec is None else spec.name
        if spec is not None and spec.loader is lent:
            spec.loader = self._true
        if module.__loader__ is lent:
            module.__loader__ = self._true
        self.execute(module, name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_true"], name)

    def __repr__(self) -> str:
        return repr(self._true)

    @property  # type: ignore[misc]  # object's can be written
    def __class__(self) -> type:  # whoever only looks for the module may ask what kind of loader it has
        return type(self._true)


class _Finder(LendingFinder):
    def wants(self, name: str) -> bool:
        return any(wanted == name for wanted, _ in list(_requests.values()))

    def lend(self, loader: Any) -> LentLoader:
        return _Lent(loader)


class _Lent(LentLoader):
    """A loader whose module's execution is followed by actions."""

    def execute(self, module: ModuleType, name: str) -> None:
        super().execute(module, name)
        _carry_out_all(name, sys.modules.get(name, module))

    def load_module(self, name: str) -> ModuleType:
        module: ModuleType = self._true.load_module(name)
        _carry_out_all(name, module)
        return module


def _carry_out_all(name: str, module: ModuleType) -> None:
    for request, (wanted, action) in list(_requests.items()):
        if wanted == name and _requests.pop(request, None) is not None:
            _carry_out(name, action, module)
    _enter_or_leave()


def _carry_out(name: str, action: Callable[[ModuleType], None], module: ModuleType) -> None:
    try:
        action(module)
    except Exception as error:  # whatever an action raises, the import must not fail with it
        from logging import getLogger

        what = f"{getattr(action, '__module__', '?')}.{getattr(action, '__qualname__', repr(action))}"
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        getLogger(__name__).warning("%s was imported, but %s failed: %s", name, what, reason)


def _enter_or_leave() -> None:
    """Be on ``sys.meta_path`` exactly while something is asked for."""
    if not _requests:
        while _finder in sys.meta_path:
            sys.meta_path.remove(_finder)
    if _requests and _finder not in sys.meta_path:  # also if another thread asked meanwhile
        sys.meta_path.insert(0, _finder)


_requests: dict[object, tuple[str, Callable[[ModuleType], None]]] = {}
_finder = _Finder()
