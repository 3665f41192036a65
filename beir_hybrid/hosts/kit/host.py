"""What a host is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Host(Protocol):
    """What is registered in the group ``beir_hybrid.hosts``: it makes another toolkit see this package.

    It is a module or an object. ``beir-hybrid run`` and ``beir-hybrid enable`` activate every registered host at the
    start of an interpreter, whether its toolkit is ever imported or not. So the module of a host, and its ``activate``,
    import neither the toolkit nor anything large, and do not fail where the toolkit is not installed.

    Patches belong into actions of :func:`~beir_hybrid.hosts.kit.when_imported`, which run as soon as a module of
    the toolkit has been imported, or at once if it was before: one for each module that defines what is changed. A
    function that is replaced in its module is not seen by scripts that fetched it earlier (``from toolkit import
    search``), so change what they hold in place: a method of the class, or an entry of the toolkit's registry.
    :mod:`beir_hybrid.hosts.kit` has what makes and takes back such changes, and a whole host as an example.
    :class:`beir_hybrid.testing.HostContract` tests all of it.
    """

    def activate(self) -> None:
        """Make the changes, or ask for them to be made; does nothing if that is done already."""
        ...

    def deactivate(self) -> None:
        """Put everything back as it was; does nothing if nothing is changed. Calls are not counted."""
        ...

    def is_active(self) -> bool:
        """Return whether it is active: false until ``activate``, and after ``deactivate``."""
        ...
