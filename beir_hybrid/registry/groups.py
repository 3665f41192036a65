"""Groups: what anybody may register, and what is wrong with a registered thing as far as that shows unused.

The functions named after a problem return it as what follows the thing's name in a sentence; empty if there is none.
"""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable
from typing import Any

from beir_hybrid.registry.registry import Registry


def method_problem(thing: Any, *methods: str, arguments: tuple[str, ...] | None = None) -> str:
    """Find out whether a thing lacks a method, or has one that cannot be called in the way it will be.

    Args:
        thing: The thing.
        *methods: Names of methods; ``__call__`` if the thing itself is called.
        arguments: Names of the arguments of each; None if these vary.

    Examples:
        >>> method_problem(3, "load"), method_problem(3, "__call__")
        ('has no load()', 'cannot be called')
    """
    for name in methods:
        method = getattr(thing, name, None)
        if not callable(method):
            return "cannot be called" if name == "__call__" else f"has no {name}()"
        try:
            signature = None if arguments is None else inspect.signature(method)
        except (TypeError, ValueError):  # of what is written in C
            continue
        try:
            if signature is not None:
                signature.bind(**dict.fromkeys(arguments or ()))
        except TypeError as error:
            given = " and ".join(arguments or ()) or "no arguments"
            return "is a class" if isinstance(thing, type) else f"cannot have {name}() called with {given} ({error})"
    return ""


def dataset_problem(thing: Any) -> str:
    """Find out what is wrong with the methods and attributes of a dataset; nothing of it is loaded.

    Examples:
        >>> class Half:
        ...     languages = None
        ...     def load(self, source, languages): ...
        >>> dataset_problem(Half())
        'has the languages None where a tuple of texts belongs'
    """
    methods = ("load", "pairs") if getattr(thing, "pairs", None) is not None else ("load",)
    if problem := method_problem(thing, *methods, arguments=("source", "languages")):
        return problem
    for attribute, (fits, form) in _DATASET.items():
        value = getattr(thing, attribute, _MISSING)
        if value is not _MISSING and not fits(value):
            return f"has the {attribute} {' '.join(reprlib.repr(value).split())} where {form} belongs"
    return ""


def measure_problem(thing: Any) -> str:
    """Find out whether what a measure takes can be read."""
    if problem := method_problem(thing, "__call__"):
        return problem
    try:
        inspect.signature(thing)
    except (TypeError, ValueError):
        return "does not list its arguments"
    return ""


def command_problem(thing: Any) -> str:
    """Find out whether a thing is a click command, and not the class of one."""
    problem = method_problem(thing, "make_context", "get_short_help_str")
    return problem or ("is a class" if isinstance(thing, type) else "")


def host_problem(thing: Any) -> str:
    """Find out what is wrong with the functions of a host."""
    return method_problem(thing, "activate", "deactivate", "is_active", arguments=())


def cluster_problem(thing: Any) -> str:
    """Find out whether a function that opens a cluster can be called as it will be.

    Examples:
        >>> cluster_problem(lambda address: None)
        "cannot be called with address, workers= and gpus= (got an unexpected keyword argument 'workers')"
    """
    if problem := method_problem(thing, "__call__"):
        return problem
    try:
        inspect.signature(thing).bind("local", workers=None, gpus=None)
    except ValueError:  # of what is written in C
        return ""
    except TypeError as error:
        return f"cannot be called with address, workers= and gpus= ({error})"
    return ""


def translator_problem(thing: Any) -> str:
    """Find out whether a function that loads a translation model can be called as it will be.

    Examples:
        >>> translator_problem(lambda model, *, device, dtype, beams, max_tokens, codes: None)
        ''
    """
    if problem := method_problem(thing, "__call__"):
        return problem
    names = ("device", "dtype", "beams", "max_tokens", "codes")
    try:
        inspect.signature(thing).bind("model", **dict.fromkeys(names))
    except ValueError:  # of what is written in C
        return ""
    except TypeError as error:
        return f"cannot be called with model, {'=, '.join(names)}= ({error})"
    return ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_tuple_of_texts(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(each, str) and each for each in value)


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


_MISSING = object()
_DATASET: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("name", "description", "licence"), (_is_text, "a text")),
    **dict.fromkeys(("languages", "splits"), (_is_tuple_of_texts, "a tuple of texts")),
    **dict.fromkeys(("queries", "passages"), (_is_count, "a whole number")),
}

DATASETS = Registry(
    "beir_hybrid.datasets",
    "dataset",
    "an object with load(source, languages), as beir_hybrid.datasets.Dataset says",
    dataset_problem,
)
FORMATS = Registry(
    "beir_hybrid.formats",
    "format",
    "a class, or a function that makes one, as beir_hybrid.formats.PairFormat says",
    lambda thing: method_problem(thing, "__call__"),
)
STRATEGIES = Registry(
    "beir_hybrid.strategies",
    "strategy",
    "a class, or a function that makes one, as beir_hybrid.batching.strategies.base.Strategy says",
    lambda thing: method_problem(thing, "__call__"),
)
LOSSES = Registry(
    "beir_hybrid.losses",
    "loss",
    "a class, or a function that makes one, as beir_hybrid.training.losses.TrainingLoss says",
    lambda thing: method_problem(thing, "__call__"),
)
MEASURES = Registry(
    "beir_hybrid.measures",
    "measure",
    "a class, or a function that makes one, as beir_hybrid.evaluation.measures.base.Measure says",
    measure_problem,
)
HOSTS = Registry(
    "beir_hybrid.hosts",
    "host",
    "a module or object with activate(), deactivate() and is_active(), as beir_hybrid.hosts.kit.Host says",
    host_problem,
)
COMMANDS = Registry("beir_hybrid.commands", "command", "a click.Command", command_problem)
CLUSTERS = Registry(
    "beir_hybrid.clusters",
    "cluster",
    "a function open(address, *, workers, gpus) that returns a beir_hybrid.workers.Workers",
    cluster_problem,
)
TRANSLATORS = Registry(
    "beir_hybrid.translators",
    "translator",
    "a function open(model, *, device, dtype, beams, max_tokens, codes) that returns a "
    "beir_hybrid.translating.Translator",
    translator_problem,
)
DEBIASINGS = Registry(
    "beir_hybrid.debiasing",
    "method of debiasing",
    "a class, or a function that makes one, as beir_hybrid.debiasing.Debiasing says",
    lambda thing: method_problem(thing, "__call__"),
)

REGISTRIES = (DATASETS, FORMATS, STRATEGIES, LOSSES, MEASURES, HOSTS, COMMANDS, CLUSTERS, TRANSLATORS, DEBIASINGS)
"""All groups that anybody may register things in."""
