import numpy as np
import pyarrow as pa
import pytest

from beir_hybrid.pairs.hard_negatives import HardNegatives

LISTS = pa.list_(pa.string())


def build(lists, passages, answers):
    return HardNegatives.of_texts(
        pa.chunked_array([lists], LISTS), pa.chunked_array([passages]), np.asarray(answers, dtype=np.int64)
    )


def test_negatives_that_answer_the_question_are_passed_over():
    hard = build([["b", "n1", "A ", "n2"], ["n3", "n4"]], ["a", "B"], [7, 7])
    assert hard.fewest == 2
    assert hard.texts(0, np.array([0, 1, 0])).to_pylist() == ["n1", "n3", "n1"]
    assert hard.texts(1, np.array([1, 0])).to_pylist() == ["n4", "n2"]
    assert [hard.passed_over(number) for number in (0, 1, 2)] == [0, 1, 2]


def test_negatives_after_the_last_one_used_are_not_counted():
    hard = build([["n1", "a", "n2", "A"]], ["a"], [0])
    assert [hard.passed_over(number) for number in (1, 2, 3)] == [0, 1, 2]


def test_negatives_that_answer_others_are_refused_for_their_pairs():
    hard = build([["c", "n", "a", "b"], ["n", "c"], ["n", "n"]], ["a", "b", "c"], [4, 5, 6])
    pairs, answers = hard.refused(1)
    assert (pairs.tolist(), answers.tolist()) == ([0], [6])
    pairs, answers = hard.refused(3)  # the own passage of the first is none of its three
    assert (pairs.tolist(), answers.tolist()) == ([0, 0, 1], [6, 5, 6])


def test_pair_without_negatives_leaves_none_for_all():
    hard = build([None, ["n"], []], ["a", "b", "c"], [0, 1, 2])
    assert (hard.fewest, hard.most) == (0, 1)
    assert hard.short(1).tolist() == [0, 2]
    assert hard.passed_over(1) == 0


def test_no_negative_at_all_is_none():
    hard = build([[], None], ["a", "b"], [0, 1])
    assert (hard.fewest, hard.most) == (0, 0)
    assert [array.tolist() for array in hard.refused(1)] == [[], []]


@pytest.mark.parametrize("seed", range(5))
def test_texts_and_counts_are_those_of_filtered_lists(seed):
    rng = np.random.default_rng(seed)
    answers = rng.integers(6, size=20)
    passages = [f"p{answer} {rng.integers(2)}" for answer in answers]  # a passage tells its answer
    texts = [*passages, *(f"n{number}" for number in range(20))]
    lists = [list(rng.choice(texts, size=rng.integers(6, 14))) for _ in passages]
    hard = build(lists, passages, answers)
    wrong = [[text.startswith(f"p{answer} ") for text in texts] for answer, texts in zip(answers, lists, strict=True)]
    left = [
        [text for text, bad in zip(texts, row, strict=True) if not bad] for texts, row in zip(lists, wrong, strict=True)
    ]
    assert hard.fewest == min(map(len, left))
    pairs = rng.permutation(20)
    for number in range(hard.most):
        repeated = [left[pair][number % len(left[pair])] for pair in pairs]
        assert hard.texts(number, pairs).to_pylist() == repeated
        assert hard.short(number + 1).tolist() == [pair for pair, row in enumerate(left) if len(row) <= number]
        over = sum(bad for row in wrong for place, bad in enumerate(row) if row[:place].count(False) < number + 1)
        assert hard.passed_over(number + 1) == over


def test_values_of_a_pair_with_fewer_are_repeated_in_order():
    hard = build([["n1", "a", "n2"], ["n3"], ["n4", "n5", "n6"]], ["a", "b", "c"], [0, 1, 2])
    scores = pa.array([[0.9, 0.8, 0.7], [0.6], [0.5, 0.4, 0.3]])
    pairs = np.array([2, 0, 1])
    picked = [hard.pick(scores.take(pa.array(pairs)), number, pairs).to_pylist() for number in range(4)]
    assert picked == [[0.5, 0.9, 0.6], [0.4, 0.7, 0.6], [0.3, 0.9, 0.6], [0.5, 0.7, 0.6]]
    with pytest.raises(pa.ArrowInvalid, match="too short"):
        hard.pick(pa.array([[0.9]]), 1, np.array([0]))
