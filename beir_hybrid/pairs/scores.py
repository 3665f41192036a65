"""Scores: what a teacher gave to passages and hard negatives, as the data hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:
    from beir_hybrid.pairs.example_source import ExampleSource

_FIX = "Give data with the columns score and negative_scores, or choose a loss without, such as --loss mnrl."
_AT_ONCE = 2**16  # rows


def score_lists(pairs: ExampleSource, number: int, rows: npt.NDArray[np.integer]) -> pa.Array:
    """Look up the scores of some passages and of their hard negatives.

    Args:
        pairs: The data.
        number: Hard negatives of each passage, those that :class:`~.hard_negatives.HardNegatives` gives.
        rows: Shape (n,), the rows that hold the passages.

    Returns:
        Lists of number + 1 scores, n of them: the passage's, and its negatives'.
    """
    columns = [pairs.texts.take("score", rows).to_numpy(zero_copy_only=False)]
    hard = pairs.hard_negatives
    if number and hard is not None:
        lists = pairs.texts.take("negative_scores", rows)
        columns += [hard.pick(lists, each, rows).to_numpy(zero_copy_only=False) for each in range(number)]
    flat = np.stack(columns, axis=1).astype(np.float64).ravel()
    offsets = np.arange(0, len(flat) + 1, number + 1, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat))


def check_scores(pairs: ExampleSource, number: int) -> None:
    """Raise an error unless every passage has a score, and so have its hard negatives.

    Args:
        pairs: The data, of which columns of numbers are read once.
        number: Hard negatives of each passage.

    Raises:
        ConfigurationError: If some have none.
    """
    rows = np.unique(pairs.numbers.passages)
    rows, without = rows[rows >= 0], 0
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        try:
            values = score_lists(pairs, number, part)
        except KeyError:  # there is no such column
            raise ConfigurationError(
                f"{pairs.name} has no scores of passages and their hard negatives, which the loss learns.", _FIX
            ) from None
        except pa.ArrowInvalid:  # a list of scores is shorter than that of the negatives
            raise ConfigurationError(
                f"Some passages of {pairs.name} have fewer scores of hard negatives than hard negatives.", _FIX
            ) from None
        numbers = np.asarray(pc.list_flatten(values)).reshape(len(part), -1)
        without += int((~np.isfinite(numbers)).any(axis=1).sum())
    if without:
        raise ConfigurationError(
            f"{without} of {len(rows)} passages of {pairs.name} have no score, or a hard negative without one.", _FIX
        )
