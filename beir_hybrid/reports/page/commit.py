"""The commit that a report was made at."""

from __future__ import annotations

import subprocess


def current_commit() -> str:
    """Return the commit of the current folder, with a plus sign if files differ from it; empty if there is none."""
    words = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603  # fixed words
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
