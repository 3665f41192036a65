"""The process of one cell: ``python -m beir_hybrid.studies.process FOLDER keep|drop``.

It tells its end to the process that started it in one line of JSON, and ends when that process does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.storage.files import no_room
from beir_hybrid.verbosity import set_verbosity


def main(folder: Path, keep_model: bool, begun: float | None = None) -> dict[str, Any]:
    """Run a cell.

    Args:
        folder: Its folder.
        keep_model: Whether its model is kept.
        begun: ``time.perf_counter()`` when the process began; default: now. Its imports count as the cell's time.

    Returns:
        ``{}`` if it is finished; else ``error`` and ``hint``, each a line.
    """
    begun = time.perf_counter() if begun is None else begun
    set_verbosity()
    try:
        from beir_hybrid.studies.training import run_cell

        run_cell(folder, keep_model, begun)
    except Exception as error:  # one cell's failure is told, and harms no other
        traceback.print_exc()
        return failure(error)
    return {}


def failure(error: Exception) -> dict[str, Any]:
    """Say what went wrong, and what to do about it.

    Examples:
        >>> failure(OSError(28, "No space left on device", "out/model"))["error"]
        'No space left on device: out/model'
    """
    if no_room(error):
        name = getattr(error, "filename", None)
        words = getattr(error, "strerror", None) or " ".join(str(error).split())
        told = error.problem if isinstance(error, BeirHybridError) else f"{words}{f': {name}' if name else ''}"
        return {"error": told, "hint": "Make room on the disk, and run the study again."}
    if isinstance(error, BeirHybridError):
        return {"error": error.problem, "hint": error.fix}
    lines = str(error).strip().splitlines()
    told = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return {"error": told, "hint": "See its log.txt."}


def _end_with_parent() -> None:
    """Leave at once when the other end of standard input is closed, as it is by any death of the parent."""
    while os.read(0, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    begun = time.perf_counter()
    answer = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed goes to the log
    threading.Thread(target=_end_with_parent, daemon=True).start()
    told = main(Path(sys.argv[1]), sys.argv[2] == "keep", begun)
    os.write(answer, json.dumps(told).encode() + b"\n")
    sys.stderr.flush()
    os._exit(1 if told else 0)  # no host's thread or finalizer may keep it
