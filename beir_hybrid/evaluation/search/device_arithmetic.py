"""Arithmetic on a device, through torch: rounding, products, and what is compared with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from beir_hybrid.arrays import Floats, Floats32
from beir_hybrid.evaluation.search.precision import EXACT, PRECISIONS, margins, towards

if TYPE_CHECKING:
    from torch import Tensor


def rounded(vectors: Tensor, precision: str) -> Tensor:
    """Round float32 numbers to a precision's significant bits, ties to even; what is exact already is not copied.

    A matrix unit then finds nothing to round, however it would have done so.
    """
    import torch

    if not (cut := EXACT - PRECISIONS[precision].bits):
        return vectors
    bits = vectors.contiguous().view(torch.int32)  # sign and magnitude: what overflows a power of two is the next one
    half = ((bits >> cut) & 1) + ((1 << (cut - 1)) - 1)
    return half.add_(bits).bitwise_and_(-1 << cut).view(torch.float32)


def product(queries: Tensor, passages: Tensor) -> Tensor:
    """Multiply factors: shape (queries, passages), in float32, or in float64 where the factors are."""
    import torch

    if passages.dtype == torch.bfloat16:
        return torch.mm(queries, passages.T, out_dtype=torch.float32)
    return queries @ passages.T


def typed(vectors: Tensor, precision: str) -> Tensor:
    """Return rounded vectors in the type that :func:`product` multiplies."""
    import torch

    if precision == "float64":
        return vectors.double()
    # bfloat16 factors can have a float32 product on cuda alone; elsewhere, float32 ones of few bits have the same one
    half = precision == "bfloat16" and vectors.device.type == "cuda" and hasattr(torch.ops.aten.mm, "dtype")
    return vectors.bfloat16() if half else vectors


@contextmanager
def plain_arithmetic(device: str) -> Iterator[None]:
    """Let products be computed as their type says, whatever this process has set for models.

    TF32 is for :func:`tf32_products` alone; mixed precision (autocast) would round to less than is known.
    """
    import torch

    backends = torch.backends
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        stack.enter_context(torch.autocast(torch.device(device).type, enabled=False))
        stack.enter_context(_set(backends.cuda.matmul, "allow_bf16_reduced_precision_reduction", False))
        for unit in (backends.cuda.matmul, getattr(backends.mkldnn, "matmul", None)):
            if hasattr(unit, "fp32_precision"):
                stack.enter_context(_set(unit, "fp32_precision", "ieee"))
            elif unit is backends.cuda.matmul:  # torch before 2.9
                stack.enter_context(_set(unit, "allow_tf32", False))
        yield


@contextmanager
def tf32_products() -> Iterator[None]:
    """Let float32 products be computed in TF32, where the device can; within :func:`plain_arithmetic`."""
    import torch

    unit = torch.backends.cuda.matmul
    name, value = ("fp32_precision", "tf32") if hasattr(unit, "fp32_precision") else ("allow_tf32", True)
    with _set(unit, name, value):
        yield


@contextmanager
def _set(owner: Any, name: str, value: object) -> Iterator[None]:
    before = getattr(owner, name)
    if before == value:
        yield
        return
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def longest(vectors: Tensor) -> float:
    """Bound the largest length of some vectors from above; infinite where a number is not finite."""
    import torch

    top = float(vectors.abs().amax())
    if not top:
        return 0.0
    # relative to the largest number, so that no square overflows or vanishes
    length = top * float(torch.linalg.vector_norm(vectors / top, dim=1).amax())
    return length * (1 + (vectors.shape[1] + 8) * 2.0**-22) if np.isfinite(length) else np.inf


def limits(scores: Tensor, thresholds: Floats32, bounds: Floats) -> tuple[Tensor, Tensor]:
    """Return the margins of :func:`~.precision.margins`, shape (n, 1), to compare these scores with."""
    low, high = margins(thresholds, bounds)
    return column(scores, low, -np.inf), column(scores, high, np.inf)


def column(like: Tensor, numbers: Floats, limit: float) -> Tensor:
    """Return numbers in the type and on the device of others, shape (n, 1), rounded towards the limit."""
    import torch

    rounded = towards(numbers, limit) if like.dtype == torch.float32 else numbers
    return torch.from_numpy(rounded[:, None]).to(like.device)


def depth_th(scores: Tensor, depth: int) -> Tensor:
    """Bound each query's depth-th highest score from below, shape (queries, 1); -inf where there are fewer passages.

    Of the maxima of groups of passages, the depth-th highest: as many scores are at least as high.
    """
    import torch

    each = min(64, scores.shape[1] // (4 * depth))  # passages of a group
    if each >= 2:
        groups = scores.shape[1] // each
        scores = scores[:, : groups * each].reshape(-1, each, groups).amax(dim=1)
    if scores.shape[1] < depth:
        return torch.full((len(scores), 1), -torch.inf, dtype=scores.dtype, device=scores.device)
    return scores.topk(depth, dim=1, sorted=False).values.amin(dim=1, keepdim=True)


def merge(best: Tensor, query: Tensor, score: Tensor) -> Tensor:
    """Return the highest scores of each query, in order: of those so far, shape (queries, depth), and new ones."""
    import torch

    order = torch.argsort(score, descending=True)
    order = order[torch.argsort(query[order], stable=True)]
    query, score = query[order], score[order]
    place = torch.arange(len(query), device=query.device) - torch.searchsorted(query, query)
    new = torch.full_like(best, -torch.inf)
    kept = place < best.shape[1]
    new[query[kept], place[kept]] = score[kept]
    return torch.cat([best, new], dim=1).topk(best.shape[1], dim=1).values


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether a device or this machine had too little memory."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or bool(re.search("out of memory|n't allocate memory", str(error)))
