"""Trains in children that are killed with -9 at random moments, again and again: FOLDER again|overwrite SEED KILLS.

Leaves the undisturbed run in FOLDER/whole and the others in FOLDER/0, FOLDER/1 and so on. Prints how many children were
killed, and how many of them before, in and after the writing of checkpoints.
"""

import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from beir_hybrid.storage.run_folder import RunFolder
from beir_hybrid.training import attempt, trainer  # noqa: F401  now, so that the children begin at once
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

WORDS = ("--max_steps=20", "--save_steps=2", "--per_device_train_batch_size=16", "--disable_tqdm=true")


def begin(folder: Path, **given: bool) -> int:
    """Train in a child, and return its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        train(TrainingRequest("static:8", "sample", folder, languages=("de", "en"), **given), WORDS)
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def again(folder: Path, how: str) -> dict[str, bool]:
    """Choose how the same command is given again."""
    if how == "overwrite":
        return {"overwrite": True}
    return {"resume": folder.exists() and not RunFolder(folder).is_unstarted()}


def moment(folder: Path) -> str:
    """Say how far a killed run was."""
    if RunFolder(folder).run() is None:
        return "before"
    if (folder / ".saving").exists():
        return "after"
    return "in" if list(folder.glob("checkpoints/*")) else "before"


def main() -> None:
    folder, how, seed, kills = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    start = time.perf_counter()
    os.waitpid(begin(folder / "whole"), 0)
    longest = time.perf_counter() - start
    moments: Counter[str] = Counter()
    number = 0
    while moments.total() < kills:
        run = folder / str(number)
        child = begin(run, **again(run, how))
        time.sleep(rng.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            moments[moment(run)] += 1
        elif os.WEXITSTATUS(status):
            sys.exit(f"{run} was refused")
        if RunFolder(run).is_finished():
            number += 1
    run = folder / str(number)
    if os.waitpid(begin(run, **again(run, how)), 0)[1]:
        sys.exit(f"{run} was refused")
    print("killed", dict(moments))  # noqa: T201  what the test reads


if __name__ == "__main__":
    main()
