"""The process of one cell: ``python -m beir_hybrid.studies.process FOLDER keep|drop``.

It reports its end to the process that started it in one line of JSON, and ends when that process does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from dataclasses import asdict
from pathlib import Path

from beir_hybrid.studies.record import Failure
from beir_hybrid.verbosity import set_verbosity


def main(folder: Path, keep_model: bool, begun: float | None = None) -> Failure | None:
    """Run a cell.

    Args:
        folder: Its folder.
        keep_model: Whether its model is kept.
        begun: ``time.perf_counter()`` when the process began; default: now. Its imports count as the cell's time.

    Returns:
        Why it failed; None if it is finished.
    """
    begun = time.perf_counter() if begun is None else begun
    set_verbosity()
    try:
        from beir_hybrid.studies.training import run_cell

        run_cell(folder, keep_model, begun)
    except Exception as error:  # one cell's failure is reported, and harms no other
        traceback.print_exc()
        return Failure.of(error)
    return None


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
    failed = main(Path(sys.argv[1]), sys.argv[2] == "keep", begun)
    os.write(answer, json.dumps(asdict(failed) if failed else {}).encode() + b"\n")
    sys.stderr.flush()
    os._exit(1 if failed else 0)  # no host's thread or finalizer may keep it
