"""Time that the launcher, and an enabled environment, add to the start of a script.

An empty script is run with python, with ``beir-hybrid run``, and with python started as the launcher starts it, which
is also what ``beir-hybrid enable`` costs every start. All of them run in turns; the differences are those of the
medians. The package's target: ``beir-hybrid run`` adds less than 0.3 s.

    python tests/benchmarks/launcher.py
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from beir_hybrid.hosts.launcher import environment_with_hosts

REPEATS = 21


def main():
    launcher = shutil.which("beir-hybrid", path=Path(sys.executable).parent)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "empty.py"
        script.touch()
        ways = {
            "python": ([sys.executable, script], os.environ),
            "beir-hybrid run": ([launcher, "run", script], os.environ),
            "hosts alone": ([sys.executable, script], environment_with_hosts()),
        }
        for command, environment in ways.values():  # files are read and compiled once before
            subprocess.run(command, env=environment, check=True)
        times = {name: [] for name in ways}
        for _ in range(REPEATS):
            for name, (command, environment) in ways.items():
                start = time.perf_counter()
                subprocess.run(command, env=environment, check=True)
                times[name].append(time.perf_counter() - start)
    plain = statistics.median(times["python"])
    print(f"{'milliseconds':24}{'median':>10}{'fastest':>10}{'slowest':>10}{'added':>10}")  # noqa: T201
    for name, seconds in times.items():
        median = statistics.median(seconds)
        numbers = (median, min(seconds), max(seconds), median - plain)
        print(f"{name:24}" + "".join(f"{1000 * number:10.0f}" for number in numbers))  # noqa: T201
    print("target: beir-hybrid run adds less than 300")  # noqa: T201


if __name__ == "__main__":
    main()
