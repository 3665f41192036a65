"""What all contracts share: the plug-in under test, by its name, and failures that say how to fix it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

import numpy as np
import pytest

from beir_hybrid.errors import BeirHybridError, PluginError
from beir_hybrid.registry import Registry

T = TypeVar("T")

_LIMIT = 300.0  # seconds, far above what any contract takes


class Contract:
    """Tests of what is registered under a name.

    Attributes:
        registry: Where it is registered.
        name: The registered name.
    """

    registry: ClassVar[Registry]
    name: ClassVar[str] = ""

    @classmethod
    def registered(cls) -> Any:
        """Look up the plug-in under test."""
        return built(lambda: cls.registry.get(cls.name), cls.name)

    @classmethod
    def target(cls) -> str:
        """Return where it lives, as ``module:attribute``; skips the test where other processes cannot find it."""
        cls.registered()
        [target, *_] = [entry.target for entry in cls.registry.registrations() if entry.name == cls.name]
        if not target:
            pytest.skip(f"{cls.name} is registered by a call, and other processes cannot find it")
        return target


def expect(fulfilled: object, problem: str, remedy: str) -> None:
    """Fail the calling test unless a condition is fulfilled.

    Args:
        fulfilled: The condition.
        problem: What is wrong, with the offending value.
        remedy: What the author of the plug-in can do about it.
    """
    if not fulfilled:
        pytest.fail(f"{problem} {remedy}", pytrace=False)


def expect_none(wrong: Sequence[str], problem: str, remedy: str) -> None:
    """Fail the calling test if anything is wrong.

    Args:
        wrong: Their names.
        problem: What is wrong, with ``{}`` for the names.
        remedy: What the author of the plug-in can do about it.
    """
    expect(not wrong, problem.format(", ".join(wrong[:5])), remedy)


def expect_refusal(call: Callable[[], Any], kind: type[BeirHybridError], what: str, remedy: str) -> None:
    """Fail unless a call is refused with an error of this package that says why.

    Args:
        call: What must be refused.
        kind: The error it must be refused with.
        what: What the call asks for.
        remedy: How the author of the plug-in can refuse it.
    """
    try:
        call()
    except kind as error:
        expect(error.problem, f"{what} is refused with {str(error)!r}.", "Say why, in a line.")
    except Exception as error:  # the wrong one, whatever it is
        pytest.fail(f"{what} raises {type(error).__name__}: {error}, not {kind.__name__}. {remedy}", pytrace=False)
    else:
        pytest.fail(f"{what} is not refused. {remedy}", pytrace=False)


def built(make: Callable[[], T], name: str) -> T:
    """Build the plug-in under test, or fail with the reason why it cannot be built.

    Args:
        make: Builds it.
        name: Its registered name; fails if it is empty.
    """
    expect(name, "The test has no name.", "Set its class attribute: name = '...', the registered name of the plug-in.")
    try:
        return make()
    except BeirHybridError as error:
        pytest.fail(str(error), pytrace=False)


@contextmanager
def without_writes(problem: str) -> Iterator[None]:
    """Fail if the block writes into an array that cannot be written to.

    Args:
        problem: What does so, and where, such as ``draw() writes into progress.``
    """
    try:
        yield
    except (PluginError, ValueError) as error:
        expect("read-only" not in str(error), problem, "Work on a copy.")
        raise


@contextmanager
def other_randomness(seed: int) -> Iterator[None]:
    """Put the global random generators of Python and numpy into another state, and fail if the block uses them.

    Args:
        seed: What the states follow from.
    """
    kept = random.getstate(), np.random.get_state()
    try:
        random.seed(seed)
        np.random.seed(seed)
        before = _state()
        yield
        expect(
            _state() == before,
            "It uses or seeds the global random generator of Python or numpy.",
            "Draw from numpy.random.default_rng(seed), or from the generator that is given.",
        )
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])


def _state() -> tuple[Any, ...]:
    algorithm, keys, *rest = np.random.get_state(legacy=True)
    return random.getstate(), algorithm, np.asarray(keys).tobytes(), *rest


def run_python(code: str, *arguments: str, hash_seed: int = 0) -> str:
    """Run code in a new interpreter that finds the same modules, and return what it prints.

    Args:
        code: What ``python -c`` runs; the test fails with its last lines if it ends with an error.
        *arguments: Words of ``sys.argv`` from 1 on.
        hash_seed: What the order of sets and ``hash()`` follow from.
    """
    path = os.pathsep.join(os.path.abspath(entry or ".") for entry in sys.path)  # noqa: PTH100  # as Python reads it
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": str(hash_seed), "PYTHONWARNINGS": "ignore"}
    ended = subprocess.run(  # noqa: S603  # our own code, in this interpreter
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, timeout=_LIMIT
    )
    if ended.returncode:
        pytest.fail(f"A process of its own ended with {ended.returncode}: {_last_lines(ended.stderr)}", pytrace=False)
    return ended.stdout


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-12:]) or "it printed nothing"
