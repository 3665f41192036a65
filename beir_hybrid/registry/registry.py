"""Names to things, through entry points.

Every dataset, strategy, measure, host and command is found by its name in an entry-point group, this package's own like
a stranger's. Nothing is imported before it is asked for, and no name silently replaces another.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

from beir_hybrid.errors import DuplicateNameError, PluginError, UnknownNameError, did_you_mean
from beir_hybrid.registry.companions import missing_companion
from beir_hybrid.registry.entry_points import distribution_of, points_of
from beir_hybrid.registry.origin import Origin, describe_error, is_ours, top_package

_NOBODY = "an unknown package"


class Registry:
    """A lazy mapping of names to the things registered under one entry-point group.

    Args:
        group: The entry-point group, for example ``beir_hybrid.datasets``.
        noun: What one thing of the group is called in messages.
        form: What such a thing must be, for the message about one that is not.
        problem: Finds out what is wrong with a loaded thing; see :mod:`beir_hybrid.registry.groups`.

    Examples:
        >>> from beir_hybrid.registry import STRATEGIES
        >>> STRATEGIES.get("hybrid")(alpha=0.4)
        Hybrid(alpha=0.4)
    """

    def __init__(self, group: str, noun: str, form: str = "", problem: Callable[[Any], str] = lambda thing: "") -> None:
        self.group = group
        self.noun = noun
        self.form = form
        self.problem = problem
        self._called: dict[str, Any] = {}

    def names(self) -> list[str]:
        """Return every registered name, sorted."""
        return sorted({*self._called, *(point.name for point in points_of(self.group))})

    def registrations(self) -> list[Origin]:
        """Return every registration, sorted by name; nothing is imported."""
        installed = [
            Origin(self.noun, point.name, distribution_of(point), point.value) for point in points_of(self.group)
        ]
        called = [Origin(self.noun, name, "", "") for name in self._called]
        return sorted([*installed, *called], key=lambda origin: (origin.name, origin.distribution))

    def register(self, name: str, thing: Any, *, replace: bool = False) -> None:
        """Register a thing by a call, for this process only.

        Args:
            name: The name to find it by.
            thing: The thing itself.
            replace: Whether an earlier call's registration may be replaced. An entry point never is.

        Raises:
            DuplicateNameError: If the name is taken.
        """
        if self._points(name):
            raise DuplicateNameError(
                f"The {self.noun} name {name!r} is registered by an installed package.", "Choose another name."
            )
        if name in self._called and not replace:
            raise DuplicateNameError(
                f"The {self.noun} name {name!r} is taken.", "Choose another name, or pass replace=True."
            )
        self._called[name] = thing

    def get(self, name: str) -> Any:
        """Load the thing of that name.

        Args:
            name: A registered name.

        Raises:
            UnknownNameError: If nobody registered the name; the message names the closest one, or the plug-in that is
                to be installed.
            DuplicateNameError: If two installed packages register it for different things; a name of this package
                stays its own.
            PluginError: If its module or attribute cannot be loaded, or is no such thing; the message names the
                package that registered it.
        """
        if name in self._called:
            thing = self._called[name]
            self._check_form(thing, self.origin(name), repr(thing))
            return thing
        points = self._points(name)
        if not points:
            needed, fix = missing_companion(self.group, name)
            if needed:
                raise UnknownNameError(f"The {self.noun} {name!r} {needed}", fix)
            raise UnknownNameError(f"There is no {self.noun} {name!r}.", did_you_mean(name, self.names()))
        if not is_ours(points[0].value) and len({point.value for point in points}) > 1:
            owners = " and ".join(f"{distribution_of(point) or _NOBODY} ({point.value})" for point in points)
            raise DuplicateNameError(
                f"The {self.noun} name {name!r} is registered by {owners}.", "Uninstall one of them."
            )
        return self._load(points[0])

    def origin(self, name: str) -> Origin:
        """Return who registered the thing of that name, for messages about it.

        Args:
            name: A registered name; any other one has an origin that names nobody.
        """
        for point in self._points(name) if name not in self._called else ():
            return Origin(self.noun, name, distribution_of(point) or _NOBODY, point.value)
        return Origin(self.noun, name, "", "")

    def origin_of(self, built: Any) -> Origin:
        """Return who registered what was built by a registered thing, such as a strategy, from its class's module.

        Args:
            built: The strategy, measure or the like; if no registered distribution has its class, the origin names its
                module alone.
        """
        kind = built if isinstance(built, type) else type(built)
        target = f"{kind.__module__}:{kind.__qualname__}"
        try:
            name = getattr(built, "name", None)
        except Exception:  # of a property of its own
            name = None
        points = [point for point in points_of(self.group) if top_package(point.value) == top_package(target)]
        distribution = distribution_of(points[0]) or _NOBODY if points else ""
        return Origin(self.noun, name if isinstance(name, str) else kind.__name__, distribution, target)

    def check(self, registration: Origin) -> None:
        """Find out whether a registration can be used.

        Raises:
            DuplicateNameError: If another package registers the name, or it is this package's own, which prevails.
            PluginError: As for :meth:`get`.
        """
        name, target = registration.name, registration.target
        if target and not is_ours(target) and any(is_ours(point.value) for point in self._points(name)):
            raise DuplicateNameError(
                f"The {self.noun} name {name!r} is beir-hybrid's own, and cannot be replaced.",
                f"{registration.distribution or 'The other package'} must choose another name: update or remove it.",
            )
        self.get(name)

    def _load(self, point: EntryPoint) -> Any:
        owner = distribution_of(point) or _NOBODY
        try:
            thing = point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a plug-in's module raises is that plug-in's failure
            missing = top_package(error.name or "") if isinstance(error, ModuleNotFoundError) else ""
            other = missing and missing != top_package(point.value)
            raise PluginError(
                f"The {self.noun} {point.name!r} of {owner} cannot be loaded: {describe_error(error)}.",
                f"Install what it needs: pip install {missing}" if other else f"Reinstall or remove {owner}.",
            ) from error
        self._check_form(thing, Origin(self.noun, point.name, owner, point.value), point.value)
        return thing

    def _check_form(self, thing: Any, origin: Origin, shown: str) -> None:
        try:
            problem = self.problem(thing)
        except Exception as error:  # of a property of its own
            problem = f"cannot be inspected ({describe_error(error)})"
        if problem:
            remedy = ": update or remove that package." if origin.distribution else "."
            raise PluginError(f"{shown} {problem}.", f"{origin} must be {self.form}{remedy}")

    def _points(self, name: str) -> list[EntryPoint]:
        """Return the entry points of a name, this package's own first."""
        points = [point for point in points_of(self.group) if point.name == name]
        return sorted(points, key=lambda point: not is_ours(point.value))
