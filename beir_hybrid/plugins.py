"""Everything that is registered, by this package and by others, and whether it can be used."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from beir_hybrid.errors import BeirHybridError, did_you_mean
from beir_hybrid.registry import MEASURES, REGISTRIES, STRATEGIES, Registry
from beir_hybrid.registry.entry_points import distribution_of, groups, points_of, unreadable
from beir_hybrid.registry.origin import Origin, describe_error


@dataclass(frozen=True)
class Plugin:
    """One registered thing.

    Attributes:
        name: The name it is found by; empty where a distribution's entry points cannot be read at all.
        group: The entry-point group it is registered in; empty likewise.
        distribution: The distribution that registered it; empty for a thing registered by a call.
        version: That distribution's version.
        target: Where it lives, as ``module:attribute``; empty for a thing registered by a call.
        reason: Why it cannot be used; empty if it can.
        fix: What to do about that.
    """

    name: str
    group: str
    distribution: str
    version: str
    target: str
    reason: str = ""
    fix: str = ""

    @property
    def loads(self) -> bool:
        """Whether it can be used."""
        return not self.reason

    @property
    def complaint(self) -> str:
        """What is wrong with it and the fix, in a sentence or two."""
        what = f"{self.name} in {self.group}" if self.name else self.distribution or "An unknown package"
        return f"{what} is broken: {self.reason} {self.fix}"

    def to_json(self) -> dict[str, Any]:
        """Return its fields for JSON."""
        return {**asdict(self), "loads": self.loads}


def list_plugins(*, check: bool = False) -> list[Plugin]:
    """Return every registered thing, group by group, sorted by name; each is loaded to find out whether it can be.

    What cannot be used is listed with the reason: a thing that does not load or is not what its group takes, a name
    that two distributions register for different things, a group that does not exist, and entry points that cannot be
    read.

    Args:
        check: Whether to build and try strategies and measures as well: a few steps are drawn, and values computed for
            a small artificial run. Datasets are not loaded, which may take downloads.

    Examples:
        >>> [plugin.target for plugin in list_plugins() if plugin.name == "x-y"]
        ['beir_hybrid.batching.strategies.x_y:XY']
    """
    plugins = [
        _examine(registry, registration, check) for registry in REGISTRIES for registration in registry.registrations()
    ]
    known = [registry.group for registry in REGISTRIES]
    for group in groups():
        if group not in known:
            plugins += [
                Plugin(
                    point.name,
                    group,
                    *_split(distribution_of(point)),
                    point.value,
                    f"There is no group {group!r}, so nothing looks for it.",
                    did_you_mean(group, known),
                )
                for point in points_of(group)
            ]
    for broken in unreadable():
        owner = broken.distribution or "the package that wrote it"
        plugins.append(Plugin("", "", *_split(broken.distribution), "", broken.reason, f"Reinstall or remove {owner}."))
    return plugins


def _examine(registry: Registry, registration: Origin, check: bool) -> Plugin:
    plugin = Plugin(registration.name, registry.group, *_split(registration.distribution), registration.target)
    try:
        registry.check(registration)
        if check and registry.group in _TRIALS:
            _TRIALS[registry.group](registration.name)
    except BeirHybridError as error:
        return replace(plugin, reason=error.problem, fix=error.fix)
    except Exception as error:  # whatever code that no distribution brought raises when it is tried
        reason = f"{registry.origin(plugin.name)} fails with {describe_error(error)}."
        return replace(plugin, reason=reason, fix="Correct it.")
    return plugin


def _try_strategy(name: str) -> None:
    from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
    from beir_hybrid.registry.spec import needed_options

    if needed_options(STRATEGIES.get(name)):  # whose values nobody but its author knows
        return
    strategy = build_strategy(name)
    spec = strategy_spec(strategy)
    if build_strategy(spec) != strategy:
        raise STRATEGIES.origin(name).refusal(
            f"{spec} does not build the strategy that it describes.", "Its fields must be its options, as literals"
        )


def _try_measure(name: str) -> None:
    from beir_hybrid.evaluation.measures import build_measures
    from beir_hybrid.evaluation.measures.build import example_name

    build_measures([example_name(name)])


_TRIALS = {STRATEGIES.group: _try_strategy, MEASURES.group: _try_measure}


def _split(distribution: str) -> tuple[str, str]:
    name, _, version = distribution.partition(" ")
    return name, version
