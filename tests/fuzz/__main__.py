"""Fuzz every reader: mutated files are read, or refused by one line; nothing else happens.

Whole files of each kind are damaged, once or twice each: bytes flipped, cut, doubled, spliced and overwritten by
numbers; words and numbers of texts replaced; values of JSON and YAML replaced, removed and renamed. Each is read in a
child process. What is found is printed, with the number that gives the same input again, and the exit code is 1.

    python tests/fuzz
    python tests/fuzz --inputs 1000 --seed 7 --only report
    FUZZ_STDERR=1 python tests/fuzz --only report --first 212 --inputs 1
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import math
import os
import time
from collections import Counter

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")

from engine import Outcome, fuzz
from targets import TARGETS

# what readers import when they are first used: once here, and not in every child
for module in ("datasets", "faiss", "jinja2", "pandas", "scipy.stats", "torch", "beir_hybrid.training.arguments"):
    with contextlib.suppress(ImportError):
        importlib.import_module(module)


def main() -> int:
    """Fuzz and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000, help="how many in all, or of the one target")
    parser.add_argument("--seed", type=int, default=0, help="of all mutations")
    parser.add_argument("--only", help="name of one target")
    parser.add_argument("--first", type=int, default=0, help="number of the first input of each target")
    parser.add_argument("--list", action="store_true", help="only print the targets' names")
    asked = parser.parse_args()
    chosen = [target for target in TARGETS if asked.only in (None, target.name)]
    if asked.list or not chosen:
        print("\n".join(target.name for target in TARGETS))  # noqa: T201
        return 0 if asked.list else 2
    shares = sum(target.share for target in chosen)
    sums = Outcome(0, 0, 0, [])
    for target in chosen:
        start = time.perf_counter()
        count = math.ceil(asked.inputs * target.share / shares)
        found = fuzz(target, count, asked.seed, asked.first)
        seconds = time.perf_counter() - start
        print(f"{target.name:26} {_told(found)}, {seconds:.1f} s", flush=True)  # noqa: T201
        kinds = Counter(find.problem for find in found.finds)
        for problem, times in kinds.most_common():
            first = next(find.number for find in found.finds if find.problem == problem)
            print(f"    {times} x {problem} (such as --first {first})", flush=True)  # noqa: T201
        sums = Outcome(
            sums.inputs + found.inputs, sums.read + found.read, sums.refused + found.refused, sums.finds + found.finds
        )
    print(f"{'All':26} {_told(sums)}")  # noqa: T201
    return 1 if sums.finds else 0


def _told(outcome: Outcome) -> str:
    return (
        f"{outcome.inputs:6,} inputs: {outcome.read:5,} read, {outcome.refused:6,} refused in one line, "
        f"{len(outcome.finds):3} found wrong"
    )


if __name__ == "__main__":
    raise SystemExit(main())
