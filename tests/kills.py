"""Kill commands with -9 at random moments, run them again, and compare what they leave with an undisturbed run.

Every command is run once undisturbed. Then it is started in a new folder, killed with all its processes, and run again
in the same words, unless it had already left everything. What it leaves must equal what the undisturbed run left, byte
for byte but for times. Of every two kills one falls anywhere in the run, and one into the time from its first file on.
Prints a line per command, and one per difference; exits with 1 if there is any.

    python tests/kills.py --kills 40
    python tests/kills.py --kills 6 --only report,index --seed 3
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.parquet as pq

COMMAND = str(Path(sysconfig.get_path("scripts")) / "beir-hybrid")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "--no-python")
TRAINING = (
    "train --model static:16 --train-data sample --languages de,en,es --strategy hybrid --output out --resume "
    "--max_steps 40 --save_steps 8 --logging_steps 4 --per_device_train_batch_size 16"
)
STUDY = """\
name: two
question: Which batches are better?
train: {model: "static:8", train_data: sample, languages: [en, de], per_device_train_batch_size: 16, max_steps: 3}
grid: {strategy: [x-x-mono, x-y], seed: [1]}
evaluate: [{dataset: sample, languages: [en, de], measures: [map, rank_distance]}]
"""
ENCODE = "encode --model ../../train/whole/out --dataset sample --output out --no-cache"
DATASET = "xquad-r" if os.environ.get("BEIR_HYBRID_DATA") else "sample"
TIMES = {"cost.json", "log.txt", "seconds", "speed"}
"""Files, and keys of JSON, that hold times."""
CARD = "README.md"
"""The model's card, which names the seconds of training."""
OTHER_BYTES = {CARD, "training_args.bin"}
"""Files of a checkpoint that are written anew with other bytes; ``checksums.json`` says what they hold."""


@dataclass(frozen=True)
class Job:
    """A command to kill.

    Attributes:
        name: What it is called here.
        words: Its words, split at blanks; it is run in a folder of its own and writes into ``out``.
        needs: The jobs whose undisturbed ``out`` it reads, at ``../../NAME/whole/out``.
        launcher: What starts it.
    """

    name: str
    words: str
    needs: tuple[str, ...] = ()
    launcher: tuple[str, ...] = ()
    victim: str = ""
    """How the processes are named of which one is killed in place of the command, which then must end well."""
    once: str = ""
    """Files that are written once: those that the killed run left must not be written again."""

    @property
    def command(self) -> list[str]:
        """The whole command."""
        return [*self.launcher, COMMAND, *self.words.split()]


JOBS = (
    Job("train", TRAINING),
    Job("train-two", TRAINING, launcher=TORCHRUN),
    Job(
        "evaluate",
        "evaluate --model ../../train/whole/out --dataset sample --measures default,bias --output out",
        needs=("train",),
    ),
    Job("study", "study ../../two.yaml --output out"),
    Job(
        "report",
        "report ../../study/whole/out ../../evaluate/whole/out --output out/report.html --assets out/assets",
        needs=("study", "evaluate"),
    ),
    Job("datasets", f"datasets get {DATASET} --out out"),
    Job("encode", f"{ENCODE} --shard-size 20", needs=("train",), once="shard-*"),
    Job("encode-ray", f"{ENCODE} --shard-size 20 --cluster local --workers 2", needs=("train",), once="shard-*"),
    Job(
        "encode-worker", f"{ENCODE} --shard-size 20 --cluster local --workers 2", needs=("train",), victim="ray::Worker"
    ),
    Job(
        "evaluate-worker",
        "evaluate --vectors ../../encode/whole/out --dataset sample --measures default,bias --output out "
        "--cluster local --workers 2",
        needs=("encode",),
        victim="ray::Worker",
    ),
    Job("debias", "debias --model ../../train/whole/out --pairs sample --method lir --output out", needs=("train",)),
    Job(
        "index",
        "index --model ../../train/whole/out --dataset sample --output out/index --topics out/topics.tsv "
        "--qrels out/qrels.txt --factory HNSW16",
        needs=("train",),
    ),
)


def content(path: Path) -> Any:
    """Read what must be equal in a file: JSON without times, tables as values, everything else as bytes."""
    with contextlib.suppress(ValueError):  # damaged, which the bytes show too
        if path.name == CARD:
            return re.sub(r"[0-9.]+ (seconds|minutes)", "", path.read_text(encoding="utf-8"))
        if path.suffix == ".json":
            return without_times(json.loads(path.read_text(encoding="utf-8")))
        if path.suffix == ".parquet":
            return repr(pq.read_table(path).to_pydict())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def without_times(found: Any) -> Any:
    """Leave out, at any depth, the keys that hold times, and what is said of files with other bytes."""
    if isinstance(found, dict):
        return {key: without_times(value) for key, value in found.items() if key not in TIMES | OTHER_BYTES}
    return [without_times(value) for value in found] if isinstance(found, list) else found


def left(folder: Path) -> dict[str, Any]:
    """Read everything that a run left in ``out``, but for hidden files and the host's pickles."""
    out = folder / "out"
    return {
        str(path.relative_to(out)): content(path)
        for path in sorted(out.rglob("*"))
        if path.is_file()
        and path.name not in TIMES
        and path.suffix not in {".bin", ".pt", ".pth"}
        and not any(part.startswith(".") for part in path.relative_to(out).parts)
    }


def start(job: Job, folder: Path) -> subprocess.Popen[bytes]:
    """Start a job with caches of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "BEIR_HYBRID_CACHE": str(folder / "c")}
    log = (folder / "log.txt").open("ab")
    with log:
        return subprocess.Popen(job.command, cwd=folder, env=environment, stdout=log, stderr=log)


def victims(job: Job, process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """List the processes of which a job names one to be killed in its place."""
    named = []
    for one in descendants(process.pid) if job.victim else ():
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
            named += [one] if one.name().startswith(job.victim) else []
    return named


def is_writing(job: Job, folder: Path, process: subprocess.Popen[bytes]) -> bool:
    """Return whether workers are running, for a job that names them, or whether the first file exists, for others."""
    return bool(victims(job, process)) if job.victim else (folder / "out").exists()


def descendants(number: int) -> list[psutil.Process]:
    """List the processes that a process has started, and those that these have."""
    try:
        return psutil.Process(number).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kill_once(job: Job, folder: Path, wait: float, late: bool) -> bool:
    """Start a job and kill it after some seconds from its start, or from when it writes; tell whether it ran."""
    process = start(job, folder)
    while late and process.poll() is None and not is_writing(job, folder, process):
        time.sleep(0.005)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(wait)
    running = process.poll() is None
    if job.victim:
        killed = victims(job, process)[:1]
        for one in killed:
            one.kill()
        if process.wait():
            raise ChildProcessError(f"{job.name}: without a worker it exits {process.returncode}: {last_line(folder)}")
        return bool(killed)
    for one in [*descendants(process.pid), process]:  # the workers of torchrun are in sessions of their own
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()
    return running


def run_whole(job: Job, folder: Path) -> tuple[int, float, float]:
    """Run a job to its end: its exit code, its seconds, and for how many of them it wrote, or its workers worked."""
    began = time.perf_counter()
    process = start(job, folder)
    first = last = None
    while process.poll() is None:
        if (first is None or job.victim) and is_writing(job, folder, process):
            last = time.perf_counter()
            first = first or last
        time.sleep(0.01)
    ended = time.perf_counter()
    until = last if job.victim else ended
    return process.returncode, ended - began, until - first if first and until else 0.0


def written_once(job: Job, folder: Path) -> dict[Path, int]:
    """Read when the files of a job were written that no run may write again."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob(job.once)} if job.once else {}


def differences(whole: dict[str, Any], again: dict[str, Any]) -> list[str]:
    """Name the files that one run left and the other did not, or not so."""
    return sorted(name for name in {*whole, *again} if whole.get(name) != again.get(name))


def last_line(folder: Path) -> str:
    """Read the last line that a job printed."""
    lines = (folder / "log.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "(nothing printed)"


def try_job(job: Job, root: Path, kills: int, rng: np.random.Generator) -> list[str]:
    """Kill a job some times; return what went wrong, a line each."""
    whole = root / job.name / "whole"
    code, seconds, writing = run_whole(job, whole)
    if code:
        return [f"{job.name}: the undisturbed run exits {code}: {last_line(whole)}"]
    expected, wrong, running = left(whole), [], 0
    for number in range(kills):
        folder = root / job.name / f"kill-{number}"
        late = number % 2 == 1 or bool(job.victim)
        wait = float(rng.uniform(0, writing if late else seconds))
        try:
            running += kill_once(job, folder, wait, late)
        except ChildProcessError as error:
            wrong.append(str(error))
            continue
        if left(folder) == expected:
            shutil.rmtree(folder)
            continue
        when = f"{job.name}: killed after {wait:.2f} s{' of writing' if late else ''}"
        before = written_once(job, folder)
        code, _, _ = run_whole(job, folder)
        after = written_once(job, folder)
        if again := [str(name) for name, time in before.items() if after.get(name) != time]:
            wrong.append(f"{when}, run again it writes {', '.join(again[:5])} again")
        elif code:
            wrong.append(f"{when}, run again it exits {code}: {last_line(folder)}")
        elif found := differences(expected, left(folder)):
            wrong.append(f"{when}, run again it leaves other {', '.join(found[:5])}")
        else:
            shutil.rmtree(folder)
    if kills and not running:
        wrong.append(f"{job.name}: none of {kills} kills hit it while it ran")
    told = f"{job.name}: {kills} kills ({running} while it ran), {len(wrong)} wrong"
    print(f"{told}; undisturbed {seconds:.1f} s, {writing:.1f} s of them writing, {len(expected)} files", flush=True)  # noqa: T201
    return wrong


def wanted(only: list[str]) -> list[tuple[Job, bool]]:
    """List the jobs to run in order, each with whether it is also to be killed."""
    names = set(only)
    needed = {need for job in JOBS if job.name in names for need in job.needs}
    needed |= {need for job in JOBS if job.name in needed for need in job.needs}
    return [(job, job.name in names) for job in JOBS if job.name in names | needed]


def main() -> int:
    """Run the script; return 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=40, help="in all, shared among the commands")
    parser.add_argument("--only", default=",".join(job.name for job in JOBS), help="commands, with commas between")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to work; what went wrong is left there")
    given = parser.parse_args()
    only = given.only.split(",")
    if unknown := set(only) - {job.name for job in JOBS}:
        parser.error(f"no command {', '.join(sorted(unknown))}; known: {', '.join(job.name for job in JOBS)}")
    root = given.folder or Path(tempfile.mkdtemp(prefix="kills-"))
    root.mkdir(parents=True, exist_ok=True)
    (root / "two.yaml").write_text(STUDY, encoding="utf-8")
    rng = np.random.default_rng(given.seed)
    wrong: list[str] = []
    share = dict.fromkeys(only, given.kills // len(only))
    for name in only[: given.kills % len(only)]:
        share[name] += 1
    for job, killed in wanted(only):
        wrong += try_job(job, root, share[job.name] if killed else 0, rng)
    for line in wrong:
        print(line)  # noqa: T201
    told = f"in {root}" if wrong else "everything equals the undisturbed runs"
    print(f"{given.kills} kills, {len(wrong)} wrong: {told}")  # noqa: T201
    if not wrong and given.folder is None:
        shutil.rmtree(root)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
