"""The product on a device, through torch: comparisons and first candidates, and the few pairs that stay undecided.

Queries stay on the device, passages come block by block. Numbers are compared there with margins for how wrong they may
be (:mod:`~.precision`); pairs between the margins are multiplied again in float64, and only those that even this leaves
open come back, to be scored as :func:`~.scores.exact_scores` defines scores. Where a precision decides too little, as
for a model whose vectors are all alike, the next finer one takes its place for that block.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from beir_hybrid.arrays import Floats, Floats32, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.search.device_arithmetic import (
    column,
    depth_th,
    is_out_of_memory,
    limits,
    merge,
    plain_arithmetic,
    product,
    tf32_products,
)
from beir_hybrid.evaluation.search.device_block import Contenders, Counted, DeviceBlock, Factors
from beir_hybrid.evaluation.search.precision import EXACT, PRECISIONS, Magnitudes, margins, product_bound, towards
from beir_hybrid.evaluation.search.scores import Vectors, exact_scores, lengths, passage_blocks

if TYPE_CHECKING:
    from torch import Tensor

_LOGGER = logging.getLogger(__name__)

_BLOCK_NUMBERS = 2**25  # of passages' vectors, on the device at a time
_SCORES = 2**25  # on the device at a time
_PAIR_NUMBERS = 2**22  # of vectors, where pairs are multiplied one by one
_UNDECIDED = 1 / 64  # share of pairs beyond which a finer product costs less than multiplying them one by one
_FEW = 4  # times as many candidates as wanted are not too many
_TINY = 2.0**-125  # twice what a device may take for 0
_LEVEL = 2.0**-148  # twice the distance of numbers near 0, within which scores may be level
_LARGEST = float(np.finfo(np.float32).max)
_ROUNDED = 2.0**-22  # relative, for float32 arithmetic with scores

Result = TypeVar("Result")


class DeviceProduct:
    """Compares queries with passages on a device.

    Args:
        device: As torch names it.
        precision: One of :data:`~.precision.PRECISIONS`, to begin with.
        queries: Shape (queries, dimensions).

    Attributes:
        compared: How many numbers were compared, by precision.
        undecided: How many of them decided nothing.
        left: How many pairs were left to be scored exactly.
    """

    def __init__(self, device: str, precision: str, queries: Floats32) -> None:
        import torch

        kind = torch.device(device).type
        self.device = device
        self.compared: Counter[str] = Counter()
        self.undecided = self.left = 0
        self._pair_precision = "float32" if kind == "mps" else "float64"  # mps has no float64
        names = list(PRECISIONS)[list(PRECISIONS).index(precision) + 1 :]
        useless = {"cuda": (), "mps": ("tf32", "float64")}.get(kind, ("tf32",))  # no faster than float32, or not there
        self._levels = [precision, *(name for name in names if name not in useless)]
        self._room = 1.0  # share of the usual sizes that the device's memory holds
        self._best: Tensor | None = None
        try:
            mine = torch.from_numpy(np.require(queries, np.float32, ["C", "W"])).to(device)
        except RuntimeError as error:
            raise _failure(device, error) from error
        self._queries = Factors(mine, lambda vectors: lengths(vectors.cpu().numpy()))

    def over_blocks(
        self,
        passages: Sequence[Vectors],
        work: Callable[[DeviceBlock], None],
        advance: Callable[[float], object] | None = None,
    ) -> None:
        """Move the pool to the device, block by block, and call a function with each.

        Args:
            passages: Shape (passages of the language, dimensions) by language; each block of them is read once.
            work: Called with each block.
            advance: Called with the share of the work done since the last call.
        """
        total = sum(len(vectors) for vectors in passages)
        dimensions = max(1, self._queries.vectors.shape[1])
        with plain_arithmetic(self.device):
            for block in passage_blocks(passages, max(1, _BLOCK_NUMBERS // dimensions)):
                places = np.arange(len(block.vectors))
                move = partial(DeviceBlock, block, self.device)
                for piece in self._split(places, _BLOCK_NUMBERS // dimensions, move):
                    work(piece)
                    if advance is not None:
                        advance(len(piece) / total)

    def report(self) -> None:
        """Log how much was decided."""
        _LOGGER.debug(
            "%s compared %s: %.3f %% undecided; %s pairs scored exactly",
            self.device,
            " and ".join(f"{count:,} numbers in {name}" for name, count in self.compared.items()),
            100 * self.undecided / max(1, self.compared.total()),
            f"{self.left:,}",
        )

    def count(self, block: DeviceBlock, order: Ints, offsets: Ints, thresholds: Floats32) -> Iterator[Counted]:
        """Count what stands above relevant passages.

        Args:
            block: The passages.
            order: Numbers of queries, those with the most relevant passages first, and none without.
            offsets: Shape (queries + 1,), the first row of each query.
            thresholds: Shape (rows,), scores of the relevant passages.
        """

        def count(part: Ints) -> Counted:
            return self._at_levels(block, lambda name: self._count(block, name, part, offsets, thresholds))

        return self._split(order, _SCORES // len(block), count)

    def candidates(self, block: DeviceBlock, order: Ints, depth: int) -> Iterator[Contenders]:
        """Find passages that may be among the first of the pool, given all blocks asked about before.

        Args:
            block: The passages.
            order: Numbers of queries.
            depth: How many passages are wanted, from 1 on; the same for every block.
        """
        import torch

        if self._best is None:  # each query's highest scores so far, or what they are at least
            kind = torch.float64 if self._pair_precision == "float64" else torch.float32
            self._best = torch.full((len(self._queries.vectors), depth), -torch.inf, dtype=kind, device=self.device)

        kept = self._best

        def find(part: Ints) -> Contenders:
            return self._at_levels(block, lambda name: self._find(block, name, part, kept))

        return self._split(order, _SCORES // len(block), find)

    def check(self, passages: Floats32) -> None:
        """Raise an error if the device lacks an operation, or multiplies coarser than a precision promises.

        Args:
            passages: Shape (passages, dimensions), of few dimensions, so that coarse numbers stand out.
        """
        order = np.arange(len(self._queries.vectors))
        query, passage = (side.reshape(-1) for side in np.indices((len(order), len(passages))))
        expected = exact_scores(self._queries.vectors.cpu().numpy(), query, passages, passage).reshape(len(order), -1)

        def work(block: DeviceBlock) -> None:
            for precision in self._levels:
                scores, bounds = self._scores(block, precision, order)
                low, high = margins(expected, bounds[:, None])
                if not np.all((low <= scores.cpu().numpy()) & (scores.cpu().numpy() <= high)):
                    raise ConfigurationError(
                        f"{self.device} multiplies coarser than {precision} is.", "Search on the cpu."
                    )
            for _ in self.count(block, order, np.arange(len(order) + 1), expected[:, 0]):
                pass
            for _ in self.candidates(block, order, 3):
                pass

        self.over_blocks([passages], work)

    def _count(
        self, block: DeviceBlock, precision: str, numbers: Ints, offsets: Ints, thresholds: Floats32
    ) -> Counted | None:
        """Count in a precision; None if it decides too little."""
        import torch

        scores, bounds = self._scores(block, precision, numbers)
        relevant = offsets[numbers + 1] - offsets[numbers]
        allowed = self._allowed(precision, int(relevant.sum()) * len(block))
        above, near, rows, undecided = [], [], [], 0
        for each in range(int(relevant[0])):
            active = int(np.count_nonzero(relevant > each))
            row = offsets[numbers[:active]] + each
            low, high = limits(scores, thresholds[row], bounds[:active])
            higher = scores[:active] > high
            open_pairs = ~((scores[:active] < low) | higher)
            undecided += int(torch.count_nonzero(open_pairs))
            if undecided > allowed:
                return None
            counts = torch.zeros((active, block.block.languages.stop - block.block.languages.start), dtype=torch.int64)
            counts = counts.to(self.device)
            for language, start, stop in block.segments:
                counts[:, language] += torch.count_nonzero(higher[:, start:stop], dim=1)
            near.append(self._refine(block, numbers, row, thresholds, open_pairs.nonzero(), counts))
            above.append(counts.cpu().numpy())
            rows.append(row)
        self.compared[precision] += int(relevant.sum()) * len(block)
        self.undecided += undecided
        near_row, near_place = (np.concatenate(parts) for parts in zip(*near, strict=True))
        self.left += len(near_row)
        return Counted(np.concatenate(rows), np.concatenate(above), near_row, block.column[near_place])

    def _refine(
        self, block: DeviceBlock, numbers: Ints, row: Ints, thresholds: Floats32, pairs: Tensor, counts: Tensor
    ) -> tuple[Ints, Ints]:
        """Decide pairs one by one and count those above; return rows and places of those that stay undecided."""
        import torch

        query, place = pairs.unbind(1)
        bounds = self._bounds(block, self._pair_precision, numbers[: len(row)])
        scores = self._pair_scores(block, numbers, query, place)
        low, high = (limit[query, 0] for limit in limits(scores, thresholds[row], bounds))
        higher = scores > high
        where = (query[higher], block.language[place[higher]])
        counts.index_put_(where, torch.ones_like(where[0]), accumulate=True)
        still = ~((scores < low) | higher)
        return row[query[still].cpu().numpy()], place[still].cpu().numpy()

    def _find(self, block: DeviceBlock, precision: str, numbers: Ints, kept: Tensor) -> Contenders | None:
        """Find candidates in a precision; None if it decides too little."""
        import torch

        scores, bounds = self._scores(block, precision, numbers)
        slack = _ROUNDED * self._queries.magnitudes(precision).length[numbers] * block.magnitudes(precision).length
        margin = column(scores, bounds + slack + _TINY, np.inf)
        own = torch.from_numpy(numbers).to(self.device)
        best, depth = kept[own], kept.shape[1]
        floor = torch.maximum(best[:, -1:].to(scores.dtype), depth_th(scores, depth) - margin)
        chosen = ~(scores < floor - margin - _ROUNDED * floor.abs())
        count = int(torch.count_nonzero(chosen))
        if count > _FEW * depth * len(numbers) + self._allowed(precision, scores.numel()):
            return None
        query, place = chosen.nonzero().unbind(1)
        self.compared[precision] += scores.numel()
        self.undecided += count
        del scores, chosen
        pair = self._pair_scores(block, numbers, query, place)
        errors = self._bounds(block, self._pair_precision, numbers)
        if pair.dtype == torch.float32:
            errors = errors + slack + _TINY
        error = column(pair, errors, np.inf)[query, 0]
        least = (pair - error).clamp(max=_LARGEST)  # beyond that, scores are infinite and level
        least = torch.where(least >= -_LARGEST, least, -torch.inf)
        best = merge(best, query, least)
        floor = best[query, -1]
        near = ~(pair < floor - error - (_ROUNDED * floor.abs() + _LEVEL))
        query, place, pair, error = query[near], place[near], pair[near], error[near]
        score = pair.float()
        exact = (score == (pair - error).float()) & (score == (pair + error).float()) & (score.abs() > 2.0**-120)
        self.left += int(torch.count_nonzero(~exact))
        passage = block.block.first + block.block.row[block.column[place.cpu().numpy()]]
        bound = float(towards(errors + 2 * slack, np.inf).max())
        contenders = Contenders(numbers[query.cpu().numpy()], passage, score.cpu().numpy(), exact.cpu().numpy(), bound)
        kept[own] = best  # last of all: where memory runs out, all of this is done again
        return contenders

    def _scores(self, block: DeviceBlock, precision: str, numbers: Ints) -> tuple[Tensor, Floats]:
        """Multiply queries with a block: shape (queries, passages), and how wrong each query's numbers may be."""
        import torch

        factor = self._queries.factor(precision)[torch.from_numpy(numbers).to(self.device)]
        with tf32_products() if PRECISIONS[precision].bits < EXACT else nullcontext():
            scores = product(factor, block.factor(precision))
        return scores, self._bounds(block, precision, numbers)

    def _pair_scores(self, block: DeviceBlock, numbers: Ints, query: Tensor, place: Tensor) -> Tensor:
        """Multiply pairs of a query and a passage, by their places, as finely as the device can."""
        import torch

        kind = torch.float64 if self._pair_precision == "float64" else torch.float32
        own = torch.from_numpy(numbers).to(self.device)
        scores = torch.empty(len(query), dtype=kind, device=self.device)
        step = max(1, _PAIR_NUMBERS // max(1, block.vectors.shape[1]))
        for start in range(0, len(query), step):
            part = slice(start, start + step)
            left, right = self._queries.vectors[own[query[part]]].to(kind), block.vectors[place[part]].to(kind)
            scores[part] = left.mul_(right).sum(dim=1)
        return scores

    def _bounds(self, block: DeviceBlock, precision: str, numbers: Ints) -> Floats:
        mine = self._queries.magnitudes(precision)
        chosen = Magnitudes(mine.length[numbers], mine.lost[numbers])
        return product_bound(precision, block.vectors.shape[1], chosen, block.magnitudes(precision))

    def _allowed(self, precision: str, pairs: int) -> float:
        """Return how many pairs a precision may leave undecided."""
        return np.inf if precision == self._levels[-1] else _UNDECIDED * pairs

    def _at_levels(self, block: DeviceBlock, work: Callable[[str], Result | None]) -> Result:
        """Work in the coarsest precision that decides enough of a block."""
        while (result := work(self._levels[block.level])) is None:
            block.level += 1
        return result

    def _split(self, numbers: Ints, usual: int, work: Callable[[Ints], Result]) -> Iterator[Result]:
        """Work in parts of a usual size, or of what the device's memory turns out to hold."""
        start, usual = 0, max(1, usual)
        while start < len(numbers):
            part = numbers[start : start + max(1, int(usual * self._room))]
            try:
                result = work(part)
            except RuntimeError as error:
                if len(part) == 1 or not is_out_of_memory(error):
                    raise _failure(self.device, error) from error
                self._room = (len(part) // 2) / usual
                continue
            yield result
            start += len(part)


def _failure(device: str, error: RuntimeError) -> ConfigurationError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return ConfigurationError(f"The search on {device} failed: {reason}.", "Search on the cpu, or on another device.")
