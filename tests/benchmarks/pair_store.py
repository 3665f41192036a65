"""What a store of pairs costs: building it, planning on it, and looking up its batches.

    python tests/benchmarks/pair_store.py --groups 5000000 --folder /somewhere/with/20/GB

Prints rows per second beside those of a bare ``json.loads`` loop over the same lines, and the peak of memory over
the process and its children, sampled ten times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time
from itertools import islice
from pathlib import Path

LANGUAGES = ("ar", "de", "en", "th")


def write_lines(path: Path, groups: int) -> None:
    """Make up one line a group and language, of about 335 bytes."""
    rng = random.Random(0)
    words = [f"w{number:x}" for number in range(100_000)]
    pieces = [" ".join(rng.choices(words, k=12)) for _ in range(200_000)]
    with path.open("w", encoding="utf-8") as file:
        for group in range(groups):
            for language in LANGUAGES:
                question = f"{language} {group} {pieces[group * 7 % len(pieces)]}"
                passage = f"{language} {pieces[group % 199_999]} {pieces[group * 3 % 199_997]} {group // 3}"
                file.write(
                    f'{{"group": "g{group}", "language": "{language}", "question": "{question}", '
                    f'"passage": "{passage}"}}\n'
                )


def resident(process: int) -> int:
    """Return the bytes of memory of a process and all below it; pages that they share count once each."""
    total = 0
    try:
        status = Path(f"/proc/{process}/status").read_text()
        total += int(status.partition("RssAnon:")[2].split()[0]) * 1024
        total += int(status.partition("RssFile:")[2].split()[0]) * 1024 if "--mapped" in sys.argv else 0
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            total += resident(int(child))
    except (OSError, IndexError):
        pass
    return total


class Peak:
    """The peak of memory while a block runs."""

    def __enter__(self) -> Peak:
        self.bytes, self._going = 0, True
        self._begun = time.perf_counter()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while self._going:
            self.bytes = max(self.bytes, resident(os.getpid()))
            time.sleep(0.1)

    def __exit__(self, *error: object) -> None:
        self._going = False
        self._thread.join()
        self.seconds = time.perf_counter() - self._begun


def command(*words: str | Path) -> Peak:
    """Run the command line in a process of its own."""
    with Peak() as peak:
        subprocess.run([sys.executable, "-m", "beir_hybrid", *map(str, words)], check=True)
    return peak


def lookups(store: Path) -> None:
    """Time planned batches of 128 with their texts, at random places of an epoch, once each part was read."""
    from beir_hybrid.batching import BatchPlan
    from beir_hybrid.pairs import open_pairs

    begun = time.perf_counter()
    pairs = open_pairs(store)
    plan = BatchPlan(pairs.index, "hybrid", 128)
    dataset = pairs.dataset()
    print(f"open and plan: {time.perf_counter() - begun:.2f} s")  # noqa: T201
    rng = random.Random(0)
    for round_ in ("first", "warm", "warm"):
        times = []
        for step in (rng.randrange(len(plan)) for _ in range(300)):
            rows = plan.batch(0, step).rows.tolist()
            before = time.perf_counter()
            dataset[rows]
            times.append(time.perf_counter() - before)
        middle, worst = 1000 * sorted(times)[150], 1000 * max(times)
        print(f"texts of a batch of 128, {round_}: median {middle:.2f} ms, worst {worst:.0f} ms")  # noqa: T201


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=250_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--mapped", action="store_true", help="count mapped pages too, which the system may drop")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    lines, store = options.folder / "pairs.jsonl", options.folder / "store"
    if not lines.exists():
        write_lines(lines, options.groups)
    size = lines.stat().st_size
    with lines.open("rb") as file:
        begun, count = time.perf_counter(), 0
        for line in islice(file, 1_000_000):
            json.loads(line)
            count += 1
    bare = count / (time.perf_counter() - begun)
    rows = options.groups * len(LANGUAGES)
    print(f"{rows:,} rows, {size / 1e9:.2f} GB; json.loads alone: {bare:,.0f} rows/s")  # noqa: T201
    built = command("data", "build", lines, "--output", store)
    print(  # noqa: T201
        f"data build: {rows / built.seconds:,.0f} rows/s ({rows / built.seconds / bare:.2f} of it), "
        f"{built.seconds:.0f} s, peak {built.bytes / 1e6:.0f} MB"
    )
    planned = command("plan", "--train-data", store, "--batch-size", "128", "--steps", "1000")
    print(f"plan: {planned.seconds:.1f} s, peak {planned.bytes / 1e6:.0f} MB")  # noqa: T201
    with Peak() as peak:
        lookups(store)
    print(f"peak of lookups {peak.bytes / 1e6:.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
