"""Devices that search: which one, and how finely it multiplies."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from beir_hybrid.arrays import Floats32
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.evaluation.search.precision import PRECISIONS
from beir_hybrid.models import check_device

if TYPE_CHECKING:
    from beir_hybrid.evaluation.search.device_product import DeviceProduct

_LOGGER = logging.getLogger(__name__)

_WORTHWHILE = 2.0**38
"""Multiplications that take a processor some seconds: fewer are not worth importing torch and starting cuda."""


class SearchDevice(NamedTuple):
    """A device that multiplies, and its precision; see :func:`choose_device`.

    Attributes:
        name: As torch names it, such as ``cuda:1``.
        precision: One of :data:`~.precision.PRECISIONS`.
    """

    name: str
    precision: str

    def __str__(self) -> str:
        return f"{self.name} ({self.precision})"

    def product(self, queries: Floats32) -> DeviceProduct:
        """Move queries, shape (queries, dimensions), to the device."""
        from beir_hybrid.evaluation.search.device_product import DeviceProduct

        return DeviceProduct(self.name, self.precision, queries)


def check_precision(precision: str) -> None:
    """Refuse a precision that is not ``auto``, ``float32``, ``tf32`` or ``bfloat16``."""
    names = [name for name in ("auto", *PRECISIONS) if name != "float64"]
    if precision not in names:
        raise ConfigurationError(f"There is no precision {precision!r}.", did_you_mean(precision, names))


def choose_device(device: str | None, precision: str, work: float) -> SearchDevice | None:
    """Choose what to search on.

    Args:
        device: Such as ``cuda``, ``cuda:1``, ``mps`` or ``cpu``; None for cuda if there is one and the work is worth
            it, and else this processor.
        precision: ``float32``, ``tf32`` or ``bfloat16``; or ``auto``, TF32 on cuda from compute capability 8 on, and
            float32 elsewhere.
        work: How many multiplications of numbers a search takes.

    Returns:
        None for this processor without torch, which is what ``cpu`` stands for unless a precision is given.

    Raises:
        ConfigurationError: If there is no such device or precision, or the device computes too coarsely or cannot do
            what a search needs.

    Examples:
        >>> choose_device("cpu", "auto", 1e15), choose_device("cpu", "bfloat16", 1e15)
        (None, SearchDevice(name='cpu', precision='bfloat16'))
    """
    check_precision(precision)
    if device is None:
        return _automatic(precision) if work >= _WORTHWHILE else None
    if device == "cpu" and precision == "auto":
        return None
    check_device(device)
    chosen = SearchDevice(device, _finest(device) if precision == "auto" else precision)
    _try_out(chosen)
    return chosen


def _automatic(precision: str) -> SearchDevice | None:
    """Choose cuda where it works."""
    import torch

    if not torch.cuda.is_available():
        return None
    chosen = SearchDevice("cuda", _finest("cuda") if precision == "auto" else precision)
    try:
        _try_out(chosen)
    except ConfigurationError as error:
        _LOGGER.warning("%s The search runs on this processor instead.", error.problem)
        return None
    return chosen


def _finest(device: str) -> str:
    """Return the precision that costs least in all, those pairs included that it leaves undecided."""
    import torch

    units = device.startswith("cuda") and torch.cuda.get_device_capability(device)[0] >= 8
    return "tf32" if units else "float32"


@cache
def _try_out(device: SearchDevice) -> None:
    """Raise an error where a device lacks what a search needs, or computes coarser than its precision promises."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((200, 16), dtype=np.float32)
    device.product(vectors[:40]).check(vectors)
