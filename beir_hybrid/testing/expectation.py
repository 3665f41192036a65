"""Expectations: what a contract demands, and how to mend what does not fulfil it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from beir_hybrid.errors import BeirHybridError


def expect(fulfilled: object, broken: str, mend: str) -> None:
    """Fail the test that calls this unless something is fulfilled.

    Args:
        fulfilled: Whether it is.
        broken: What is wrong, with the offending value.
        mend: What the author of the plug-in can do about it.
    """
    if not fulfilled:
        pytest.fail(f"{broken} {mend}", pytrace=False)


def expect_refusal(call: Callable[[], Any], kind: type[BeirHybridError], what: str, mend: str) -> None:
    """Fail unless a call is refused with an error of this package that says why.

    Args:
        call: What must be refused.
        kind: The error it must be refused with.
        what: What the call asks for.
        mend: How the author of the plug-in can refuse it.
    """
    try:
        call()
    except kind as error:
        expect(error.problem, f"{what} is refused with {str(error)!r}.", "Say why, in a line.")
    except Exception as error:  # the wrong one, whatever it is
        pytest.fail(f"{what} raises {type(error).__name__}: {error}, not {kind.__name__}. {mend}", pytrace=False)
    else:
        pytest.fail(f"{what} is not refused. {mend}", pytrace=False)


def built(make: Callable[[], Any], name: str) -> Any:
    """Make the thing under test, or fail with the reason why it cannot be made.

    Args:
        make: Makes it.
        name: Its registered name; fails if it is empty.
    """
    expect(name, "The test has no name.", "Set its class attribute: name = '...', the registered name of the plug-in.")
    try:
        return make()
    except BeirHybridError as error:
        pytest.fail(str(error), pytrace=False)


@contextmanager
def other_randomness(seed: int) -> Iterator[None]:
    """Put the global random generators of Python and numpy into another state for a while, and fail if they are used.

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
