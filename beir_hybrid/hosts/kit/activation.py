"""Activation: what a host changes in other packages, from when it is asked to until it takes it back."""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Callable


class Activation:
    """Changes that are made once and taken back in the reverse order.

    A host gives its methods as its own ``activate``, ``deactivate`` and ``is_active``.

    Args:
        begin: Makes the changes, or asks for them to be made when something is imported, and puts into :attr:`undo`
            how each is taken back.

    Attributes:
        undo: What takes back the changes so far, in the order in which they were made.

    Examples:
        >>> said = []
        >>> host = Activation(lambda: host.undo.append(lambda: said.append("undone")))
        >>> host.activate(); host.activate(); host.is_active()
        True
        >>> host.deactivate(); host.deactivate(); host.is_active(), said
        (False, ['undone'])
    """

    def __init__(self, begin: Callable[[], None]) -> None:
        self.undo: list[Callable[[], object]] = []
        self._begin = begin
        self._active = False

    def activate(self) -> None:
        """Make the changes, all or none; does nothing if they are made already."""
        if not self._active:
            self._active = True
            try:
                self._begin()
            except BaseException:  # what it has changed so far is undone
                self.deactivate()
                raise

    def deactivate(self) -> None:
        """Take the changes back; does nothing if there are none."""
        self._active = False
        while self.undo:
            self.undo.pop()()

    def is_active(self) -> bool:
        """Return whether the changes are made."""
        return self._active
