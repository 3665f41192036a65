"""The engine: mutated inputs, read in child processes, so that a crash is seen and costs one child."""

from __future__ import annotations

import logging
import os
import resource
import select
import signal
import tempfile
import traceback
import unicodedata
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mutations import Mutation

from beir_hybrid.errors import BeirHybridError

LONGEST = 1_001  # characters of a message
SECONDS = 60  # without a sign of life, after which a child hangs; other programs may want the processor too
MEMORY = 12 << 30  # bytes of address space: what wants more shall fail here, and not the machine


@dataclass(frozen=True)
class Target:
    """A reader and files for it.

    Attributes:
        name: What is read.
        make: Writes whole files into an empty folder.
        read: Reads the folder.
        files: How the files that match a pattern are damaged.
        share: How many inputs it gets, against others.
    """

    name: str
    make: Callable[[Path], None]
    read: Callable[[Path], object]
    files: Mapping[str, Sequence[Mutation]]
    share: float = 1.0


@dataclass(frozen=True)
class Find:
    """An input that a reader did not take as it should.

    Attributes:
        target: Name of the target.
        number: The input's number; with the seed, it gives the input again.
        problem: What happened.
    """

    target: str
    number: int
    problem: str


@dataclass
class Outcome:
    """What became of a target's inputs."""

    inputs: int
    read: int
    refused: int
    finds: list[Find]


def fuzz(target: Target, inputs: int, seed: int, first: int = 0) -> Outcome:
    """Read mutated inputs.

    Args:
        target: What is read.
        inputs: How many.
        seed: Of all mutations.
        first: Number of the first input.
    """
    outcome = Outcome(inputs, 0, 0, [])
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        whole = Path(temporary) / "whole"
        whole.mkdir()
        if problem := _in_child(lambda pipe: _make(target, whole, pipe)).lines():
            raise RuntimeError(f"{target.name}: {problem[0]}")
        number, end = first, first + inputs
        while number < end:
            number = _batch(target, whole, seed, number, end, outcome)
    return outcome


def _make(target: Target, whole: Path, pipe: int) -> None:
    """Make the files, and see that undamaged they can be read; tell of it only if not."""
    try:
        target.make(whole)
        files = _files(whole)
        target.read(whole)
        _restore(whole, files)
        if _files(whole) != files:
            raise AssertionError("The files are changed by reading them.")
    except Exception as error:
        os.write(pipe, f"the files are not made and read: {str(error)[:300]!r}\n".encode())


def _files(whole: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(whole.rglob("*")) if path.is_file()}


def _batch(target: Target, whole: Path, seed: int, number: int, end: int, outcome: Outcome) -> int:
    """Read inputs in one child, up to the end or the first that ends it; give the number of the next."""
    child = _in_child(lambda pipe: _read_all(target, whole, seed, number, end, pipe))
    for line in child.lines():
        told, _, problem = line.partition(" ")
        if told == "read":
            outcome.read += 1
        elif told == "refused":
            outcome.refused += 1
        else:
            outcome.finds.append(Find(target.name, number, problem))
        number += 1
    if number < end:
        outcome.finds.append(Find(target.name, number, child.end()))
        number += 1
    return number


def _read_all(target: Target, whole: Path, seed: int, start: int, end: int, pipe: int) -> None:
    files = _files(whole)
    chosen = [(path, mutations) for pattern, mutations in target.files.items() for path in files if path.match(pattern)]
    for number in range(start, end):
        generator = np.random.default_rng([seed, number, *target.name.encode()])
        path, mutations = chosen[generator.integers(len(chosen))]
        content = files[path]
        for _ in range(1 + int(generator.integers(3) == 0)):
            content = mutations[generator.integers(len(mutations))](content, generator)
        path.write_bytes(content)
        os.write(pipe, f"{_read(target, whole)}\n".encode("utf-8", "replace"))
        path.unlink(missing_ok=True)
        _restore(whole, files)


def _read(target: Target, folder: Path) -> str:
    try:
        target.read(folder)
    except BeirHybridError as error:
        text = str(error)
        if len(text.splitlines()) != 1 or any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
            return f"find {type(error).__name__} of several lines: {text!r}"
        if len(text) > LONGEST:
            return f"find {type(error).__name__} of {len(text)} characters: {text[:100]!r}"
        return "refused"
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = [each for each in traceback.extract_tb(error.__traceback__) if "beir_hybrid" in each.filename] or [last]
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
        return f"find {type(error).__name__} in {where}: {' '.join(str(error).split())[:160]!r}"
    return "read"


def _restore(whole: Path, files: Mapping[Path, bytes]) -> None:
    for path in whole.rglob("*"):
        if path.is_file() and path not in files:
            path.unlink()
    for path, content in files.items():
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


class _Child:
    """A child process and the end of a pipe from which its words come."""

    def __init__(self, process: int, pipe: int) -> None:
        self.process, self._pipe = process, pipe
        self._hung = False

    def lines(self) -> list[str]:
        """Read the whole lines that it says till its end."""
        return b"".join(self._parts()).decode("utf-8", "replace").split("\n")[:-1]

    def _parts(self) -> list[bytes]:
        parts = []
        while True:
            if not select.select([self._pipe], [], [], SECONDS)[0]:
                self._hung = True
                os.kill(self.process, signal.SIGKILL)
                break
            part = os.read(self._pipe, 1 << 16)
            if not part:
                break
            parts.append(part)
        os.close(self._pipe)
        self._status = os.waitpid(self.process, 0)[1]
        return parts

    def end(self) -> str:
        """Say how it ended."""
        if self._hung:
            return f"hangs: nothing for {SECONDS} seconds"
        number = self._status & 127
        return f"ends the process: {signal.Signals(number).name}" if number else f"exits with {self._status >> 8}"


def _in_child(work: Callable[[int], object]) -> _Child:
    source, target = os.pipe()
    process = os.fork()
    if process:
        os.close(target)
        return _Child(process, source)
    try:
        os.close(source)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not os.environ.get("FUZZ_STDERR"):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        logging.disable(logging.CRITICAL)
        warnings.simplefilter("ignore")
        work(target)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
