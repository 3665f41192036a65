"""Mends: what is broken in BEIR on today's libraries, one fault a file.

Each says which version has the fault, looks for the fault itself before it touches anything, and leaves alone what
works.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silenced(module: str) -> Iterator[None]:
    """Let a module of BEIR log nothing while it is tried out."""
    logger = logging.getLogger(module)
    was = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = was
