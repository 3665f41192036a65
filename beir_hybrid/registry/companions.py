"""Companions: the plug-ins that are kept in this package's repository, and the names that they register.

They are distributions of their own, as they need what most users do not. A name of theirs that is asked for where they
are not installed is answered with what to install.
"""

from __future__ import annotations

from collections.abc import Mapping

_PLUG_INS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "mteb": {"beir_hybrid.hosts": ("mteb",)},
    "pyserini": {
        "beir_hybrid.commands": ("bm25", "fuse", "index", "merge", "search"),
        "beir_hybrid.hosts": ("pyserini",),
    },
    "ray": {"beir_hybrid.clusters": ("ray",)},
}


def missing_companion(group: str, name: str) -> tuple[str, str]:
    """Return which of the plug-ins registers a name, and how to install it.

    Args:
        group: The entry-point group, for example ``beir_hybrid.commands``.
        name: A name that nobody installed registers there.

    Returns:
        What the name needs, and the fix, as parts of an error; two empty texts if it is no plug-in's.

    Examples:
        >>> missing_companion("beir_hybrid.commands", "fuse")[0]
        'needs the plug-in beir-hybrid-pyserini, which is not installed.'
        >>> missing_companion("beir_hybrid.commands", "train")
        ('', '')
    """
    for plug_in, groups in _PLUG_INS.items():
        if name in groups.get(group, ()):
            return (
                f"needs the plug-in beir-hybrid-{plug_in}, which is not installed.",
                f"In beir-hybrid's repository run: pip install plugins/{plug_in}",
            )
    return "", ""
