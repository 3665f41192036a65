import numpy as np
import pytest

from beir_hybrid.pairs.answers import number_answers


def same(answers):
    """Which groups share an answer, whatever the answers' numbers."""
    return {tuple(np.flatnonzero(answers == answer).tolist()) for answer in np.unique(answers)}


@pytest.mark.parametrize(
    ("groups", "texts", "expected"),
    [
        pytest.param([0, 1, 2], [0, 1, 2], {(0,), (1,), (2,)}, id="nothing-shared"),
        pytest.param([0, 1, 2], [0, 1, 0], {(0, 2), (1,)}, id="one-text-shared"),
        pytest.param([0, 0, 1, 1, 2, 2], [0, 1, 2, 3, 4, 3], {(0,), (1, 2)}, id="shared-in-one-language-only"),
        # 0 and 1 share text 1, 1 and 2 share text 2: 0 and 2 share none, yet answer each other's questions
        pytest.param([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 3], {(0, 1, 2)}, id="chain"),
        pytest.param([0, 0, 1, 1, 2, 2, 3, 3], [0, 1, 1, 2, 3, 4, 4, 5], {(0, 1), (2, 3)}, id="two-chains"),
        pytest.param([0, 0, 1], [0, 0, 1], {(0,), (1,)}, id="repeated-within-a-group"),
        pytest.param([0], [0], {(0,)}, id="single"),
        pytest.param([2, 0, 1], [0, 1, 0], {(0,), (1, 2)}, id="rows-in-any-order"),
    ],
)
def test_groups_that_share_a_text_share_an_answer(groups, texts, expected):
    assert same(number_answers(np.array(groups), np.array(texts))) == expected


def test_answers_are_numbered_without_gaps():
    assert sorted(set(number_answers(np.array([0, 1, 2, 3]), np.array([0, 1, 0, 2])).tolist())) == [0, 1, 2]


def test_long_chain_is_followed_to_its_end():
    links = np.arange(1000)
    groups, texts = np.concatenate([links, links]), np.concatenate([links, links + 1])
    assert same(number_answers(groups, texts)) == {tuple(range(1000))}
