"""Trials: a module of BEIR is tried out, to see whether it has a fault."""

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
