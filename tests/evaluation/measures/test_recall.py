from __future__ import annotations

from math import inf

import pytest

from beir_hybrid.evaluation.measures.recall import Recall


@pytest.mark.parametrize(
    ("cutoff", "expected"),
    [(1, [1, 1 / 3, 0]), (3, [1, 2 / 3, 0]), (4, [1, 1, 0]), (99, [1, 1, 0]), (100, [1, 1, 1])],
    ids=lambda value: f"@{value}" if isinstance(value, int) else "",
)
def test_it_is_the_share_of_relevant_passages_up_to_the_cutoff(ranks_of, cutoff, expected):
    assert Recall(cutoff).values(ranks_of([1], [1, 3, 4], [100])) == pytest.approx(expected, abs=1e-15)


def test_its_name_has_the_cutoff():
    assert Recall(7).name == "recall@7"


def test_a_passage_that_was_not_retrieved_counts_as_missed(ranks_of):
    assert Recall(2).values(ranks_of([1, inf], [inf])).tolist() == [1 / 2, 0]
