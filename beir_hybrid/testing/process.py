"""A Python process of its own, for what one process cannot tell."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_LIMIT = 300.0  # seconds, far above what any contract takes


def run_python(code: str, *arguments: str, hash_seed: int = 0) -> str:
    """Run code in a new interpreter that finds the same modules, and give what it prints.

    Args:
        code: What ``python -c`` runs; the test fails with its last words if it ends in error.
        *arguments: Words of ``sys.argv`` from 1 on.
        hash_seed: What the order of sets and ``hash()`` follow from.
    """
    path = os.pathsep.join(os.path.abspath(entry or ".") for entry in sys.path)  # noqa: PTH100  # as Python reads it
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": str(hash_seed), "PYTHONWARNINGS": "ignore"}
    ended = subprocess.run(  # noqa: S603  # our own code, in this interpreter
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, timeout=_LIMIT
    )
    if ended.returncode:
        pytest.fail(f"A process of its own ended with {ended.returncode}: {_last_words(ended.stderr)}", pytrace=False)
    return ended.stdout


def _last_words(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-12:]) or "it said nothing"
