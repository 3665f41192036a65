"""What a host is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["Host"]


@runtime_checkable
class Host(Protocol):
    """What is registered in the group ``beir_hybrid.hosts``: it makes another toolkit see this package.

    It is a module or an object. ``beir-hybrid run`` and ``beir-hybrid enable`` activate every registered host at the
    start of an interpreter, whether its toolkit is ever imported or not. So the module of a host, and its ``activate``,
    import neither the toolkit nor anything large, and do not fail where the toolkit is not installed.

    Patches belong into actions of :func:`~beir_hybrid.hosts.imports.when_imported`, which run as soon as a module of
    the toolkit has been imported, or at once if it was before: one for each module that defines what is changed. A
    function that is replaced in its module is not seen by scripts that fetched it earlier (``from toolkit import
    search``), so change what they hold in place: a method of the class, or an entry of the toolkit's registry.
    :class:`~beir_hybrid.hosts.activation.Activation` keeps what takes each patch back, and gives the three functions::

        def _begin():
            _activation.undo.append(when_imported("toolkit.search", _patch))


        def _patch(module):
            original = module.Searcher.search
            module.Searcher.search = ...
            _activation.undo.append(lambda: setattr(module.Searcher, "search", original))


        _activation = Activation(_begin)
        activate, deactivate, is_active = _activation.activate, _activation.deactivate, _activation.is_active

    :class:`beir_hybrid.testing.HostContract` tests all of it.
    """

    def activate(self) -> None:
        """Make the changes, or ask for them to be made; does nothing if that is done already."""
        ...

    def deactivate(self) -> None:
        """Put everything back as it was; does nothing if nothing is changed. Calls are not counted."""
        ...

    def is_active(self) -> bool:
        """Tell whether it is active: false until ``activate``, and after ``deactivate``."""
        ...
