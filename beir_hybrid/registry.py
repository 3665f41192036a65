"""Names to things, through entry points.

Every dataset, strategy, measure, host and command is found by its name in an entry-point group, this package's own like
a stranger's. Nothing is imported before it is asked for, and no name silently replaces another.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

from beir_hybrid.errors import (
    ConfigurationError,
    DuplicateNameError,
    PluginError,
    UnknownNameError,
    did_you_mean,
    shorten,
)
from beir_hybrid.installed import distribution_of, points_of
from beir_hybrid.origin import Origin, is_ours, top_package
from beir_hybrid.shapes import command_problem, dataset_problem, host_problem, measure_problem


@dataclass(frozen=True)
class Registration:
    """One registered thing.

    Attributes:
        name: The name it is found by.
        target: Where it lives, as ``module:attribute``; empty for a thing registered by a call.
        distribution: The distribution that registered it, with its version; empty if unknown.
    """

    name: str
    target: str
    distribution: str


class Registry:
    """A lazy mapping of names to the things registered under one entry-point group.

    Args:
        group: The entry-point group, for example ``beir_hybrid.datasets``.
        noun: What one thing of the group is called in messages.
        form: What such a thing must be, for the message about one that is not.
        needs: Methods that it must have; ``__call__`` if it is called itself.
        problem: Finds out what else is wrong with a loaded thing; see :mod:`beir_hybrid.shapes`.

    Examples:
        >>> STRATEGIES.get("hybrid")(alpha=0.4)
        Hybrid(alpha=0.4)
    """

    def __init__(
        self,
        group: str,
        noun: str,
        form: str = "",
        needs: tuple[str, ...] = (),
        problem: Callable[[Any], str] | None = None,
    ) -> None:
        self.group = group
        self.noun = noun
        self.form = form
        self.needs = needs
        self.problem = problem
        self._called: dict[str, Any] = {}

    def names(self) -> list[str]:
        """List every registered name, sorted."""
        return sorted({*self._called, *(point.name for point in self._points())})

    def registrations(self) -> list[Registration]:
        """List every registration, sorted by name; nothing is imported."""
        found = [Registration(point.name, point.value, distribution_of(point)) for point in self._points()]
        found += [Registration(name, "", "") for name in self._called]
        return sorted(found, key=lambda registration: (registration.name, registration.distribution))

    def register(self, name: str, thing: Any, *, replace: bool = False) -> None:
        """Register a thing by a call, for this process only.

        Args:
            name: The name to find it by.
            thing: The thing itself.
            replace: Whether an earlier call's registration may be replaced. An entry point never is.

        Raises:
            DuplicateNameError: If the name is taken.
        """
        if any(point.name == name for point in self._points()):
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
            UnknownNameError: If nobody registered the name; the message names the closest one.
            DuplicateNameError: If two installed packages register it for different things; a name of this package
                stays its own.
            PluginError: If its module or attribute cannot be loaded, or is no such thing; the message names the
                package that brought it.
        """
        if name in self._called:
            self._check_shape(self._called[name], self.origin(name), repr(self._called[name]))
            return self._called[name]
        points = [point for point in self._points() if point.name == name]
        if not points:
            raise UnknownNameError(f"There is no {self.noun} {name!r}.", did_you_mean(name, self.names()))
        own = [point for point in points if is_ours(point.value)]
        if len({point.value for point in own or points}) > 1:
            owners = " and ".join(f"{_owner(point)} ({point.value})" for point in points)
            raise DuplicateNameError(
                f"The {self.noun} name {name!r} is registered by {owners}.", "Uninstall one of them."
            )
        return self._load((own or points)[0])

    def origin(self, name: str) -> Origin:
        """Tell who brought the thing of that name, for messages about it.

        Args:
            name: A registered name; of another nothing more is told.
        """
        points = [] if name in self._called else [point for point in self._points() if point.name == name]
        for point in sorted(points, key=lambda point: not is_ours(point.value)):
            return Origin(self.noun, name, _owner(point), point.value)
        return Origin(self.noun, name, "", "")

    def origin_of(self, built: Any) -> Origin:
        """Tell who brought what was built by a registered thing, such as a strategy: by where its class lives.

        Args:
            built: The strategy, measure or the like; of one whose class no registered distribution brings, only where
                that is.
        """
        kind = built if isinstance(built, type) else type(built)
        target = f"{kind.__module__}:{kind.__qualname__}"
        try:
            name = getattr(built, "name", None)
        except Exception:  # of a property of its own
            name = None
        points = [point for point in self._points() if top_package(point.value) == top_package(target)]
        distribution = _owner(points[0]) if points else ""
        return Origin(self.noun, name if isinstance(name, str) else kind.__name__, distribution, target)

    def check(self, registration: Registration) -> None:
        """Find out whether a registration can be used.

        Raises:
            DuplicateNameError: If another package registers the name, or it is this package's own, which prevails.
            PluginError: As for :meth:`get`.
        """
        name, ours = registration.name, [point for point in self._points() if is_ours(point.value)]
        if registration.target and not is_ours(registration.target) and any(point.name == name for point in ours):
            raise DuplicateNameError(
                f"The {self.noun} name {name!r} is beir-hybrid's own, and is not given away.",
                f"{registration.distribution or 'The other package'} must choose another name: update or remove it.",
            )
        self.get(name)

    def _load(self, point: EntryPoint) -> Any:
        owner = _owner(point)
        try:
            thing = point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a plug-in's module raises is that plug-in's failure
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise PluginError(
                f"The {self.noun} {point.name!r} of {owner} cannot be loaded: {reason}.", _remedy(error, point, owner)
            ) from error
        self._check_shape(thing, Origin(self.noun, point.name, owner, point.value), point.value)
        return thing

    def _check_shape(self, thing: Any, origin: Origin, shown: str) -> None:
        problem = next((_lacking(method) for method in self.needs if not _has(thing, method)), "")
        try:
            problem = problem or (self.problem(thing) if self.problem else "")
        except Exception as error:  # of a property of its own
            problem = f"cannot be looked at ({' '.join(f'{type(error).__name__}: {error}'.split())})"
        if problem:
            remedy = ": update or remove that package." if origin.distribution else "."
            raise PluginError(f"{shown} {problem}.", f"{origin} must be {self.form}{remedy}")

    def _points(self) -> tuple[EntryPoint, ...]:
        return points_of(self.group)


def _owner(point: EntryPoint) -> str:
    return distribution_of(point) or "an unknown package"


def _has(thing: Any, method: str) -> bool:
    try:
        return callable(getattr(thing, method, None))
    except Exception:  # of a property of its own
        return False


def _lacking(method: str) -> str:
    return "cannot be called" if method == "__call__" else f"has no {method}()"


def _remedy(error: BaseException, point: EntryPoint, owner: str) -> str:
    """Tell what to do about a module that cannot be loaded."""
    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if missing and missing != point.value.partition(":")[0].partition(".")[0]:
        return f"Install what it needs: pip install {missing}"
    return f"Reinstall or remove {owner}."


def parse_spec(spec: str) -> tuple[str, dict[str, Any]]:
    """Split ``name(key=value, ...)`` into the name and its keyword arguments.

    Args:
        spec: A bare name, or a name with literal keyword arguments in parentheses.

    Returns:
        The name and a dict of arguments (empty for a bare name).

    Raises:
        ConfigurationError: If the text is neither.

    Examples:
        >>> parse_spec("hybrid(alpha=0.3)")
        ('hybrid', {'alpha': 0.3})
        >>> parse_spec("x-x-mono")
        ('x-x-mono', {})
    """
    name, opening, rest = spec.strip().partition("(")
    if not opening:
        return name, {}
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
            raise ValueError(spec)
        names = [keyword.arg for keyword in call.keywords]
        if None in names or len(set(names)) < len(names):
            raise ValueError(spec)
        return name.strip(), {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:  # the last two of deep nesting
        raise ConfigurationError(
            f"{shorten(spec)} is neither a name nor name(key=value, ...).", "For example: hybrid(alpha=0.5)"
        ) from error


DATASETS = Registry(
    "beir_hybrid.datasets",
    "dataset",
    "an object with load(source, languages), as beir_hybrid.datasets.base.Dataset says",
    ("load",),
    dataset_problem,
)
STRATEGIES = Registry(
    "beir_hybrid.strategies",
    "strategy",
    "a class, or a function that makes one, as beir_hybrid.batching.strategies.base.Strategy says",
    ("__call__",),
)
MEASURES = Registry(
    "beir_hybrid.measures",
    "measure",
    "a class, or a function that makes one, as beir_hybrid.evaluation.measures.base.Measure says",
    ("__call__",),
    measure_problem,
)
HOSTS = Registry(
    "beir_hybrid.hosts",
    "host",
    "a module or object with activate(), deactivate() and is_active(), as beir_hybrid.hosts.kit.host.Host says",
    ("activate", "deactivate", "is_active"),
    host_problem,
)
COMMANDS = Registry(
    "beir_hybrid.commands", "command", "a click.Command", ("make_context", "get_short_help_str"), command_problem
)

REGISTRIES = (DATASETS, STRATEGIES, MEASURES, HOSTS, COMMANDS)
"""All groups that anybody may register things in."""
