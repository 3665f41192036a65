"""HostContract: what this package relies on in a host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from beir_hybrid.registry import HOSTS
from beir_hybrid.testing.expectation import Contract, expect, expect_none, run_python

HEAVY = (
    *("torch", "transformers", "sentence_transformers", "datasets", "numpy", "scipy", "pandas", "pyarrow", "faiss"),
    *("matplotlib", "beir", "pyserini", "jnius"),
)
"""Packages that cost every start of an interpreter or a command too much."""

_TRIALS = Path(__file__).with_name("host_trial.py")
_RUN = "import runpy, sys; runpy.run_path(sys.argv.pop(1), run_name='__main__')"


class HostContract(Contract):
    """Tests of a host: what makes another toolkit see this package. Subclass it.

    Set ``name``, and ``watched`` or ``patches = False``. Everything is tried in interpreters of its own, so that
    nothing of the toolkit reaches the other tests.

    Attributes:
        name: The registered name.
        watched: Modules (``toolkit.search``) and classes (``toolkit.search:Searcher``) whose attributes the host
            changes. All their attributes are watched, and what those hold that are dicts, lists or sets, such as a
            toolkit's own registry.
        patches: False for a host that changes nothing of its toolkit, such as one that sets an environment variable
            or waits for an import. ``watched`` is then what must stay as it is, and may be empty.
        light: Modules that activation may import, though most hosts should not.

    Examples:
        ::

            class TestToolkit(HostContract):
                name = "toolkit"
                watched = ("toolkit.search:Searcher",)


            class TestQuiet(HostContract):
                name = "quiet"
                patches = False
    """

    registry = HOSTS
    watched: ClassVar[tuple[str, ...]] = ()
    patches: ClassVar[bool] = True
    light: ClassVar[tuple[str, ...]] = ()

    @pytest.fixture(scope="class")
    @classmethod
    def imported_before(cls) -> dict[str, Any]:
        """What happens where the toolkit was imported before the host is activated."""
        return cls._try("imported_before")

    @pytest.fixture(scope="class")
    @classmethod
    def imported_after(cls) -> dict[str, Any]:
        """What happens where the toolkit is imported once the host is active."""
        return cls._try("imported_after")

    def test_registered_host_has_three_functions(self) -> None:
        """The host has ``activate``, ``deactivate`` and ``is_active``."""
        self.registered()

    def test_activation_changes_what_is_watched(self, imported_before: dict[str, Any]) -> None:
        """While it is active, something of the toolkit is another, unless the host patches nothing."""
        if not self.patches:
            expect_none(
                imported_before["changed"], "Activation changes {}, though patches is False.", "Set patches = True."
            )
            return
        expect(
            imported_before["changed"],
            f"Activation changes nothing of {', '.join(self.watched)}.",
            "Patch what was imported before as well as what is imported later; correct watched; or set patches = "
            "False.",
        )

    def test_it_says_whether_it_is_active(self, imported_before: dict[str, Any]) -> None:
        """``is_active`` is false until ``activate`` and after one ``deactivate``, however often either was called."""
        expected = [False, True, True, False, False, True]
        expect(
            imported_before["active"] == expected,
            "After import, activate, activate, deactivate, deactivate, activate, is_active() is "
            f"{imported_before['active']}.",
            f"It should be {expected}: activation is not counted, and importing the host does not activate it.",
        )

    def test_second_activation_does_nothing(self, imported_before: dict[str, Any]) -> None:
        """Activating twice does what activating once does."""
        expect_none(
            imported_before["changed_twice"],
            "The second activate() changes {} again.",
            "Return at once if it is active.",
        )

    def test_deactivation_leaves_all_as_it_was(self, imported_before: dict[str, Any]) -> None:
        """After ``deactivate`` the toolkit has its own functions, and the interpreter's state is what it was."""
        for key in ("left", "left_again"):
            expect_none(
                imported_before[key],
                "After deactivate(), {} is not what it was.",
                "Keep what you replace, and put just that back, as the parts of beir_hybrid.hosts.kit do.",
            )

    def test_it_can_be_activated_again(self, imported_before: dict[str, Any]) -> None:
        """Activating after deactivating changes what the first activation changed."""
        first, again = imported_before["changed"], imported_before["changed_again"]
        expect(
            first == again,
            f"Activated again, it changes {again[:5]}, and {first[:5]} at first.",
            "Forget in deactivate() what activate() noted.",
        )

    def test_order_of_imports_does_not_matter(
        self, imported_before: dict[str, Any], imported_after: dict[str, Any]
    ) -> None:
        """A toolkit that is imported later is changed likewise, and is itself again after ``deactivate``."""
        expect(imported_after["active"], "It is not active after activate().", "Let is_active() say so.")
        lacking = sorted(set(imported_before["changed"]) ^ set(imported_after["changed"]))
        expect_none(
            lacking,
            "Whether {} is changed depends on what is imported first.",
            "Patch in an action of beir_hybrid.hosts.kit.when_imported, for every module that is changed.",
        )
        own, later = imported_before["described"], imported_after["described"]
        differing = sorted(name for name in {*own, *later} if own.get(name) != later.get(name))
        expect_none(
            differing,
            "Imported while it was active, {} is not the toolkit's own after deactivate().",
            "Keep what you replace, and put just that back, as the parts of beir_hybrid.hosts.kit do.",
        )

    def test_activation_imports_nothing_heavy(self, imported_after: dict[str, Any]) -> None:
        """Activation costs every start of an interpreter, so it imports neither the toolkit nor anything large."""
        toolkit = {path.partition(":")[0].partition(".")[0] for path in self.watched}
        heavy = sorted(({*HEAVY, *toolkit} - set(self.light)) & set(imported_after["imported"]))
        expect_none(
            heavy, "Activation imports {}.", "Import inside the actions of beir_hybrid.hosts.kit.when_imported."
        )

    def test_toolkit_need_not_be_installed(self) -> None:
        """Without the toolkit, activating and deactivating do nothing and do not fail."""
        expect(
            not self._try("not_installed")["active"],
            "It is active after deactivate() where the toolkit is not installed.",
            "Let is_active() say so.",
        )

    @classmethod
    def _try(cls, trial: str) -> dict[str, Any]:
        expect(
            cls.watched or not cls.patches,
            "The test watches nothing.",
            "Set its class attribute watched, what the host changes; or patches = False if it changes nothing.",
        )
        words = (str(_TRIALS), trial, cls.target(), *cls.watched)
        facts: dict[str, Any] = json.loads(run_python(_RUN, *words).splitlines()[-1])
        return facts
