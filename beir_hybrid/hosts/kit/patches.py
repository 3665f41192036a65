"""Patches: attributes of other packages that are replaced while a host is active.

Hosts import this file at every start of an interpreter, so it imports next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType
    from typing import Any


_ABSENT = object()


def patch(
    owner: Any, name: str, replacement: Callable[..., Any], parameters: Sequence[str] | None
) -> list[Callable[[], None]]:
    """Let a function go through a replacement, if it is the one we know.

    Whoever has fetched the patched function keeps it; once it is undone, that does what the original does. A function
    that a script fetched from its module before it was patched is not reached; a method is.

    Args:
        owner: Module or class that has the function as an attribute of its own; a static or class method is fine.
        name: The attribute.
        replacement: Called with the original and then the arguments; for a class method, the class is the first.
        parameters: Names of the parameters that the function is known to have. One with others is left alone, and a
            warning says so. None if any will do, since the replacement passes on what it gets.

    Returns:
        What undoes the patch, alone in a list; an empty list if there is none.

    Examples:
        >>> class Searcher:
        ...     def search(self, query):
        ...         return [query]
        >>> def twice(original, self, query):
        ...     return original(self, query) * 2
        >>> [undo] = patch(Searcher, "search", twice, ["self", "query"])
        >>> Searcher().search("apes")
        ['apes', 'apes']
        >>> undo()
        >>> Searcher().search("apes")
        ['apes']
    """
    import inspect

    raw = vars(owner).get(name)
    function = raw.__func__ if isinstance(raw, (staticmethod, classmethod)) else raw
    if not inspect.isfunction(function):
        _warn(owner, name, "is no function", replacement)
        return []
    signature = inspect.signature(function)
    if parameters is not None and list(signature.parameters) != list(parameters):
        _warn(owner, name, f"has the signature {signature}", replacement)
        return []
    return [_go_through(owner, name, raw, function, replacement)]


def patch_methods(
    module: ModuleType, methods: Mapping[str, tuple[Callable[..., Any], Sequence[str] | None]]
) -> list[Callable[[], None]]:
    """Patch functions of a module and methods of those classes that it has, as :func:`patch` does.

    Args:
        module: The module.
        methods: By names such as ``search`` or ``Searcher.search``, the replacement and the parameters that are known.
            Classes that the module lacks are passed over, as long as it has one.

    Returns:
        What undoes each patch.

    Raises:
        AttributeError: If the module has none of the classes.
    """
    undo: list[Callable[[], None]] = []
    owners = {path: path.rpartition(".")[0] for path in methods}
    known = [path for path, owner in owners.items() if not owner or hasattr(module, owner)]
    if not known:
        raise AttributeError(f"{module.__name__} has no {' and no '.join(dict.fromkeys(owners.values()))}")
    for path in known:
        replacement, parameters = methods[path]
        owner = getattr(module, owners[path]) if owners[path] else module
        undo += patch(owner, path.rpartition(".")[2], replacement, parameters)
    return undo


def replace(owner: Any, name: str, value: object) -> Callable[[], None]:
    """Put something in place of an attribute, or where there was none.

    Args:
        owner: Module, class or object; what its class or its parents have is not the owner's own, and is left alone.
        name: The attribute.
        value: What stands there until it is undone; a staticmethod is put there as such.

    Returns:
        What puts back what stood there, or removes the attribute if the owner had none of its own. It does nothing if
        something else stands there meanwhile.

    Raises:
        TypeError: If the owner is an object that keeps no attributes of its own.
        AttributeError: If it does not let them be changed.

    Examples:
        >>> class Searcher:
        ...     depth = 10
        >>> searcher = Searcher()
        >>> undo = replace(searcher, "depth", 1000)
        >>> searcher.depth
        1000
        >>> undo()
        >>> searcher.depth, vars(searcher)
        (10, {})
    """
    before = vars(owner).get(name, _ABSENT)
    setattr(owner, name, value)

    def undo() -> None:
        if vars(owner).get(name, _ABSENT) is not value:
            return  # somebody has changed it after us
        if before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)

    return undo


def see(module: ModuleType, name: str, **names: Any) -> Callable[[], None]:
    """Let a module see what it has imported with some names replaced; nobody else does.

    Args:
        module: The module.
        name: What it calls the other module, such as ``np``.
        **names: What it is to find there.

    Returns:
        What takes it back.

    Examples:
        >>> import math, types
        >>> module = types.ModuleType("theirs")
        >>> module.m = math
        >>> undo = see(module, "m", tau=6)
        >>> module.m.tau, module.m.floor(2.5), math.tau > 6
        (6, 2, True)
        >>> undo()
        >>> module.m is math
        True
    """
    return replace(module, name, Overlay(vars(module)[name], **names))


class Overlay:
    """Another object, but for some attributes.

    Args:
        other: The object: a module, a client, a class of another language.
        **attributes: What it is to have instead of its own.

    Examples:
        >>> import math
        >>> modern = Overlay(math, tau=6)
        >>> modern.tau, modern.floor(2.5)
        (6, 2)
    """

    def __init__(self, other: Any, **attributes: Any) -> None:
        vars(self).update(attributes)
        self._other = other

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_other"], name)


def _go_through(
    owner: Any, name: str, raw: Any, function: Callable[..., Any], replacement: Callable[..., Any]
) -> Callable[[], None]:
    from functools import wraps

    on = True

    @wraps(function)
    def through(*args: Any, **kwargs: Any) -> Any:
        return replacement(function, *args, **kwargs) if on else function(*args, **kwargs)

    put_back = replace(owner, name, through if raw is function else type(raw)(through))

    def undo() -> None:
        nonlocal on
        on = False  # where somebody has patched it after us, and calls us
        put_back()

    return undo


def _warn(owner: Any, name: str, problem: str, replacement: Callable[..., Any]) -> None:
    from logging import getLogger
    from types import ModuleType

    package = (owner.__name__ if isinstance(owner, ModuleType) else owner.__module__).partition(".")[0]
    getLogger(__name__).warning(
        "%s %s: %s.%s %s, which %s does not know; it is left as it is",
        package,
        _version(package),
        owner.__name__,
        name,
        problem,
        _patcher(replacement),
    )


def _version(package: str) -> str:
    """Find the version of an imported package, which may be that of a distribution of another name."""
    from importlib.metadata import PackageNotFoundError, packages_distributions, version

    for name in (package, *packages_distributions().get(package, ())):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "(unknown version)"  # run from a source tree that is not installed


def _patcher(replacement: Any) -> str:
    """Name the package that a replacement belongs to."""
    while hasattr(replacement, "func"):  # a functools.partial
        replacement = replacement.func
    return str(getattr(replacement, "__module__", None) or "its host").partition(".")[0].replace("_", "-")
