"""Spec: a name with options, as users write it in one word."""

from __future__ import annotations

import ast
from typing import Any

from beir_hybrid.errors import ConfigurationError, shorten


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
