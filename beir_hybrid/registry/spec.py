"""Spec: a name with options, as users write it in one word."""

from __future__ import annotations

import ast
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from beir_hybrid.errors import ConfigurationError, did_you_mean, shorten


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


def check_options(noun: str, name: str, factory: Any, given: dict[str, Any]) -> None:
    """Check the options of a registered thing against those that it takes.

    Args:
        noun: What it is, such as ``strategy``.
        name: The registered name.
        factory: What is registered: a dataclass, or a function that makes one and takes no options.
        given: Values by option.

    Raises:
        ConfigurationError: If it has no such option, or needs one that is not given.
    """
    taken = [field.name for field in fields(factory) if field.init] if is_dataclass(factory) else []
    for key in given:
        if taken and key not in taken:
            raise ConfigurationError(f"The {noun} {name!r} has no option {key!r}.", did_you_mean(key, taken))
        if not taken:
            raise ConfigurationError(f"The {noun} {name!r} has no options, so not {key!r} either.", "Leave it out.")
    for key in needed_options(factory):
        if key not in given:
            raise ConfigurationError(f"The {noun} {name!r} needs its option {key!r}.", f"Write {name}({key}=...).")


def needed_options(factory: Any) -> list[str]:
    """List the options that a registered thing cannot do without.

    Args:
        factory: What is registered.
    """
    return [
        field.name
        for field in (fields(factory) if is_dataclass(factory) else ())
        if field.init and field.default is MISSING and field.default_factory is MISSING
    ]
