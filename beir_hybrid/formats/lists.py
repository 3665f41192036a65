"""Lists in columns: several positives spread over rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import is_list


def spread_positives(batch: RowBatch) -> RowBatch:
    """Put every passage of a list in a row of its own, and every one after the first in a group of its own.

    Args:
        batch: With the columns ``group`` and ``passage``, where ``passage`` and ``score`` may hold lists.

    Returns:
        The rows with single passages; those without any, and those with another number of scores, are counted.
    """
    rows, dropped = batch.rows, Counter(batch.dropped)
    if not is_list(rows.column("passage").type):
        return batch
    counts = np.asarray(pc.fill_null(pc.list_value_length(rows.column("passage")), 0))
    unfit = counts == 0
    if none := int(unfit.sum()):
        dropped["no passage"] += none
    scores = rows.column("score") if "score" in rows.schema.names else None
    if scores is not None and is_list(scores.type):
        lengths = np.asarray(pc.fill_null(pc.list_value_length(scores), -1))
        wrong = ~unfit & (lengths >= 0) & (lengths != counts)
        if number := int(wrong.sum()):
            dropped["scores that are not as many as passages"] += number
            unfit |= wrong
    rows = rows.filter(pa.array(~unfit))
    counts = counts[~unfit]
    parents = np.repeat(np.arange(len(rows)), counts)
    places = np.arange(len(parents)) - np.repeat(np.cumsum(counts) - counts, counts)
    columns = {name: rows.column(name).take(pa.array(parents)) for name in rows.schema.names if name != "passage"}
    columns["passage"] = pc.list_flatten(rows.column("passage"))
    if "score" in columns and is_list(columns["score"].type):
        each = columns["score"].to_pylist()
        columns["score"] = pa.array(
            [None if of_row is None else of_row[place] for of_row, place in zip(each, places, strict=True)],
            pa.float64(),
        )
    groups = zip(columns["group"].to_pylist(), places.tolist(), strict=True)
    columns["group"] = pa.array([f"{group}#{place + 1}" if place else group for group, place in groups], pa.string())
    return RowBatch(pa.RecordBatch.from_pydict(columns), dropped, batch.bytes_read)
