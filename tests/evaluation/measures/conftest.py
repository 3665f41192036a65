"""Fixtures of the measures' tests."""

from __future__ import annotations

import numpy as np
import pytest

from beir_hybrid.evaluation.ranks import SettingRanks


@pytest.fixture
def ranks_of():
    """Build ranks from one list per query of (rank, grade), or of ranks alone; best rank first."""

    def build(*queries, passages=100):
        rows = [
            (number, *(hit if isinstance(hit, tuple) else (hit, 1)))
            for number, hits in enumerate(queries)
            for hit in hits
        ]
        query, rank, grade = zip(*rows, strict=True)
        return SettingRanks(
            query=np.array(query, np.int64),
            rank=np.array(rank, np.float64).astype(np.int64),
            mid_rank=np.array(rank, np.float64),
            grade=np.array(grade, np.int64),
            queries=len(queries),
            passages=passages,
        )

    return build
