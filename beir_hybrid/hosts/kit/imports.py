"""What is done when modules of other packages are imported.

:func:`when_imported` asks for an action once a module has been imported, :func:`mend_import` for a repair of one that
cannot be. A finder at the front of ``sys.meta_path`` lets the other finders find the module, lends it a loader that
carries out what was asked for as soon as the true one has executed the module, and puts the true loader back before the
module's first line runs. It leaves ``sys.meta_path`` when nothing is asked for.

``wrapt.register_post_import_hook`` (2.1) is not used instead, for four reasons: its hooks cannot be removed and its
finder stays, while a host leaves no trace; a hook that raises breaks the import; a module that replaces its own entry
in ``sys.modules``, as transformers does, is handed over as it was before; and importing wrapt takes 20 milliseconds and
58 modules.

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

    The action runs once, right after the module's code and before the import statement that caused it continues, with
    the module that then stands in ``sys.modules`` (some replace themselves). A submodule is not an attribute of its
    package yet. The actions of one module run in the order in which they were asked for. One that raises is logged in a
    line and breaks nothing. An import that fails leaves the request standing.

    Args:
        module: Full name, such as ``beir.retrieval.evaluation``; it need not exist.
        action: What to do with the module.

    Returns:
        A function that withdraws the request; it does nothing if the action has run, or if called again.

    Examples:
        >>> withdraw = when_imported("no_such_module", print)
        >>> withdraw()
        >>> done = when_imported("sys", lambda module: print(module.__name__))
        sys
    """
    if sys.modules.get(module) is not None:
        __import__(module)  # waits if another thread is still executing it
        _carry_out(module, action, sys.modules[module])
        return lambda: None
    return _Request(module, action).withdraw


def mend_import(
    module: str, is_known: Callable[[ImportError], bool], fill: Callable[[ModuleType], None]
) -> Callable[[], None]:
    """Repair a module whose import fails for a known reason; one that can be imported is left as it is.

    Args:
        module: Full name; the module may be missing altogether, which is a ModuleNotFoundError of its name.
        is_known: Whether an import's error is the one that is repaired; any other is raised.
        fill: Completes the module, which holds what was executed before the error.

    Returns:
        A function that withdraws the repair, and removes the module if it was repaired.
    """
    request = _Request(module, fill, is_known)

    def undo() -> None:
        request.withdraw()
        if request.mended is not None and sys.modules.get(module) is request.mended:
            del sys.modules[module]
            package, _, attribute = module.rpartition(".")
            vars(sys.modules.get(package, request)).pop(attribute, None)

    return undo


class _Request:
    """What is asked for: an action once a module has been imported, or, with ``is_known``, the repair of its import."""

    def __init__(
        self,
        module: str,
        action: Callable[[ModuleType], None],
        is_known: Callable[[ImportError], bool] | None = None,
    ) -> None:
        self.module, self.action, self.is_known = module, action, is_known
        self.mended: ModuleType | None = None
        _requests[self] = module
        _enter_or_leave()

    def withdraw(self) -> None:
        if _requests.pop(self, None) is not None:
            _enter_or_leave()


class ImportFinder:
    """Finds the modules that something is asked for through the other finders, and lends them loaders."""

    def __init__(self) -> None:
        self._searching: set[tuple[int, str]] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find what something is asked for, and nothing else."""
        search = (get_ident(), name)
        if search in self._searching or name not in list(_requests.values()):
            return None
        self._searching.add(search)  # another hook of this kind asks every finder again, this one too
        try:
            spec = self._true_spec(name, path, target)
        finally:
            self._searching.discard(search)
        if spec is None and _mend_of(name, _not_found(name)) is not None:
            from importlib.machinery import ModuleSpec

            spec = ModuleSpec(name, _MissingLoader())  # type: ignore[arg-type]  # it is one but for its base class
        # a package without __init__ has no loader; one without exec_module is older than Python 3.4's protocol
        if spec is not None and (spec.loader is None or hasattr(spec.loader, "exec_module")):
            spec.loader = LentLoader(spec.loader)  # type: ignore[assignment]  # as above
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
    """The true loader in all respects, except that what is asked for follows its module's execution.

    Args:
        loader: The true loader; None for a package without ``__init__``, as finders return it.
    """

    def __init__(self, loader: Any) -> None:
        self._true = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module as the true loader does."""
        if self._true is not None:
            return self._true.create_module(spec)
        from importlib.util import module_from_spec

        spec.loader = None
        module = module_from_spec(spec)  # makes the loader of such packages
        self._true = spec.loader
        spec.loader = self  # type: ignore[assignment]  # it is one but for its base class
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Put the true loader back, execute the module, repair it if it fails, and carry out the actions."""
        lent: Any = self
        spec = module.__spec__
        name = module.__name__ if spec is None else spec.name
        if spec is not None and spec.loader is lent:
            spec.loader = self._true
        if module.__loader__ is lent:
            module.__loader__ = self._true
        try:
            self._true.exec_module(module)
        except ImportError as error:
            mend = _mend_of(name, error)
            if mend is None:
                raise
            mend.action(module)
            mend.mended = module
        _carry_out_all(name, sys.modules.get(name, module))

    def load_module(self, name: str) -> ModuleType:
        """Load the module as the true loader does, by the older protocol, and carry out the actions."""
        module: ModuleType = self._true.load_module(name)
        _carry_out_all(name, module)
        return module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_true"], name)

    def __repr__(self) -> str:
        return repr(self._true)

    @property  # type: ignore[misc]  # object's can be written
    def __class__(self) -> type:  # whoever only looks for the module may ask what kind of loader it has
        return type(self._true)


class _MissingLoader:
    """The loader of a module that is nowhere, as far as it is to be repaired."""

    def create_module(self, spec: ModuleSpec) -> None:
        del spec  # Python's own way of making one

    def exec_module(self, module: ModuleType) -> None:
        raise _not_found(module.__name__)


def _not_found(name: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"No module named {name!r}", name=name)


def _mend_of(name: str, error: ImportError) -> _Request | None:
    """Return the repair that was asked for a module's error; None if there is none."""
    for request in list(_requests):
        if request.module == name and request.is_known is not None and request.is_known(error):
            return request
    return None


def _carry_out_all(name: str, module: ModuleType) -> None:
    for request in list(_requests):
        if request.module == name and request.is_known is None and _requests.pop(request, None) is not None:
            _carry_out(name, request.action, module)
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


_requests: dict[_Request, str] = {}
_finder = ImportFinder()
