"""Measures by name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.measures.base import Measure, MeasureByLanguage
from beir_hybrid.evaluation.measures.check import check_measure
from beir_hybrid.registry import MEASURES
from beir_hybrid.registry.origin import describe_type

_FORM = re.compile(r"(?P<base>[^\[\]@]*)(\[(?P<language>[^\[\]@]*)\])?(@(?P<cutoff>[^\[\]]*))?")
_NOUNS = {"cutoff": "cut-off", "language": "language"}


def build_measure(name: str) -> Measure:
    """Build a measure from its name.

    What is registered under the name is called with the keywords ``cutoff`` and ``language``, each only if the name has
    one; its signature says whether it takes or needs them.

    Args:
        name: A registered name, with a language in brackets and ``@k`` for a cut-off where the measure takes them:
            ``map``, ``ndcg@10``, ``one_target_map[de]`` or ``language_share[de]@10``.

    Raises:
        UnknownNameError: If no measure has that name; the message names the closest one.
        ConfigurationError: If the cut-off is no positive whole number, or a cut-off or language is missing or not
            taken.
        PluginError: If the measure requires further arguments, or the result is not a measure.

    Examples:
        >>> build_measure("ndcg@10")
        NDCG(cutoff=10)
        >>> build_measure("language_share[de]@10").name
        'language_share[de]@10'
    """
    form = _FORM.fullmatch(name)
    if form is None:
        raise ConfigurationError(
            f"{name!r} is not the name of a measure.", "Write it as in map, ndcg@10 or language_share[de]@10."
        )
    factory = MEASURES.get(form["base"])
    arguments: dict[str, Any] = {noun: form[noun] for noun in _NOUNS if form[noun] is not None}
    _check(name, form["base"], arguments, factory)
    if "cutoff" in arguments:
        arguments["cutoff"] = int(arguments["cutoff"])
    origin = MEASURES.origin(form["base"])
    with origin.blamed("its making"):
        measure = factory(**arguments)
    return check_measure(measure, origin)


def expand_measures(measures: Iterable[Measure], languages: Sequence[str]) -> list[Measure]:
    """Replace each measure that has a value per language, and names none, by one measure per language.

    Args:
        measures: Measures.
        languages: Languages of the passages searched.

    Returns:
        The measures, in order.

    Raises:
        PluginError: If ``for_languages`` returns anything but measures.

    Examples:
        >>> [measure.name for measure in expand_measures([build_measure("one_target_map")], ["de", "en"])]
        ['one_target_map[de]', 'one_target_map[en]']
    """
    expanded: list[Measure] = []
    for measure in measures:
        if not isinstance(measure, MeasureByLanguage) or getattr(measure, "language", None) is not None:
            expanded.append(measure)
            continue
        origin = MEASURES.origin_of(measure)
        with origin.blamed("for_languages()"):
            each = measure.for_languages(languages)
        if not isinstance(each, list | tuple) or len(each) != len(languages):
            count = f"{len(each)} measures" if isinstance(each, list | tuple) else describe_type(each)
            raise origin.refusal(
                f"for_languages() returns {count} for {len(languages)} languages.",
                "It must return one measure per language",
            )
        expanded += [check_measure(one, origin) for one in each]
    return expanded


def example_name(base: str) -> str:
    """Return a name that the measure can be built from, with a language and a cut-off if it needs them.

    Examples:
        >>> example_name("language_share"), example_name("recall"), example_name("map")
        ('language_share@10', 'recall@10', 'map')
    """
    return _spell(base, [noun for noun, needed in parameters_of(base).items() if needed], {})


def parameters_of(base: str) -> dict[str, bool]:
    """Return which of ``cutoff`` and ``language`` a measure takes, and whether it needs each.

    Examples:
        >>> parameters_of("language_share"), parameters_of("map")
        ({'cutoff': True, 'language': False}, {'cutoff': False})
    """
    parameters = inspect.signature(MEASURES.get(base)).parameters
    return {noun: parameters[noun].default is inspect.Parameter.empty for noun in _NOUNS if noun in parameters}


def _spell(base: str, nouns: Iterable[str], given: Mapping[str, str]) -> str:
    """Write a name with a language and a cut-off, as they are given or else for example."""
    language = given.get("language", "").strip() or "de"
    cutoff = _positive(given.get("cutoff")) or 10
    return f"{base}{f'[{language}]' if 'language' in nouns else ''}{f'@{cutoff}' if 'cutoff' in nouns else ''}"


def _needed(parameters: Mapping[str, inspect.Parameter]) -> list[str]:
    return [noun for noun in _NOUNS if noun in parameters and parameters[noun].default is inspect.Parameter.empty]


def _check(name: str, base: str, arguments: dict[str, Any], factory: Callable[..., Any]) -> None:
    """Check the arguments in a name against the signature of the measure."""
    parameters = inspect.signature(factory).parameters
    anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    taken = [noun for noun in _NOUNS if noun in parameters or (anything and noun in arguments)]
    needed = _needed(parameters)
    right = _spell(base, [noun for noun in taken if noun in arguments or noun in needed], arguments)
    for noun, word in _NOUNS.items():
        if noun in arguments and noun not in taken:
            raise ConfigurationError(f"{name!r} takes no {word}.", f"Write {right}.")
        if noun not in arguments and noun in needed:
            raise ConfigurationError(f"{name!r} needs a {word}.", f"Write {right}, or another {word}.")
    besides = [key for key, parameter in parameters.items() if key not in _NOUNS and _is_required(parameter)]
    if besides:
        raise MEASURES.origin(base).refusal(
            f"it cannot be made without the argument {besides[0]!r}.", "It may need a cutoff and a language at most"
        )
    if "language" in arguments and not arguments["language"].strip():
        raise ConfigurationError(f"The language of {name!r} is missing.", f"Give a code: {right}")
    if "cutoff" in arguments and _positive(arguments["cutoff"]) is None:
        raise ConfigurationError(f"The cut-off of {name!r} is {arguments['cutoff']!r}.", f"Give a number: {right}")


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind not in (
        parameter.VAR_POSITIONAL,
        parameter.VAR_KEYWORD,
    )


def _positive(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and int(text) > 0 else None
