"""The commit that results were computed at."""

from __future__ import annotations

import subprocess
from functools import cache


@cache
def current_commit() -> str:
    """Return the commit of the current folder, with a plus sign if files differ from it; empty if there is none.

    It is looked up once: what runs is what was there when it began.
    """
    words = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603  # fixed words
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
