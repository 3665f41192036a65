import numpy as np
import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.pairs.index import ExampleIndex

LANGUAGES = ("de", "en", "es")
MONO, CROSS = np.eye(3, dtype=bool), ~np.eye(3, dtype=bool)
# groups 0 and 3 have all three languages, group 1 lacks es, group 2 has en alone
PRESENCE = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 0], [1, 1, 1]], bool)


def arrays(*columns):
    return [np.array(column, np.int64) for column in columns]


def listed(index, places=None):
    places = np.arange(index.size) if places is None else np.array(places)
    return list(zip(*(part.tolist() for part in index.examples(places)), strict=True))


@pytest.fixture
def parallel():
    return ExampleIndex.parallel(LANGUAGES, PRESENCE)


def test_parallel_counts_every_question_with_every_passage(parallel):
    assert parallel.size == 9 + 4 + 1 + 9


def test_parallel_counts_questions_and_groups(parallel):
    assert (parallel.questions, parallel.groups) == (3 + 2 + 1 + 3, 4)


def test_groups_with_the_same_languages_share_a_pattern(parallel):
    assert len(parallel.patterns) == 3
    assert parallel.pattern[0] == parallel.pattern[3]


def test_parallel_examples_are_in_order_and_exist(parallel):
    expected = [
        (group, question, passage)
        for group in range(4)
        for question in range(3)
        for passage in range(3)
        if PRESENCE[group, question] and PRESENCE[group, passage]
    ]
    assert listed(parallel) == expected


@pytest.mark.parametrize("presence", [PRESENCE, np.ones((5, 3), bool)], ids=["several-patterns", "one-pattern"])
def test_rows_of_the_examples_are_their_places(presence):
    index = ExampleIndex.parallel(LANGUAGES, presence)
    places = np.random.default_rng(0).permutation(index.size)
    np.testing.assert_array_equal(index.rows(*index.examples(places)), places)


def test_eligible_is_none_where_all_groups_are(parallel):
    assert parallel.eligible(MONO) is None


def test_eligible_groups_have_an_allowed_example(parallel):
    assert parallel.eligible(CROSS).tolist() == [0, 1, 3]


def test_eligible_for_one_language(parallel):
    spanish = np.zeros((3, 3), bool)
    spanish[2, 2] = True
    assert parallel.eligible(spanish).tolist() == [0, 3]


def test_eligible_is_empty_where_nothing_is_allowed(parallel):
    assert parallel.eligible(np.zeros((3, 3), bool)).tolist() == []


def test_more_languages_than_a_byte_holds():
    # patterns are compared as packed bits: rows that differ in the last of ten languages only
    presence = np.ones((2, 10), bool)
    presence[1, 9] = False
    index = ExampleIndex.parallel(tuple("abcdefghij"), presence)
    assert len(index.patterns) == 2
    assert index.size == 100 + 81


def test_rows_of_a_dataset_in_any_order_are_found():
    groups, questions, passages = arrays([2, 0, 1, 0, 2], [1, 0, 2, 1, 0], [1, 0, 1, 0, 2])
    index = ExampleIndex.from_examples(LANGUAGES, groups, questions, passages)
    assert index.rows(groups, questions, passages).tolist() == [0, 1, 2, 3, 4]


def test_examples_of_a_dataset_are_those_of_its_rows():
    groups, questions, passages = arrays([2, 0, 1, 0, 2], [1, 0, 2, 1, 0], [1, 0, 1, 0, 2])
    index = ExampleIndex.from_examples(LANGUAGES, groups, questions, passages)
    assert listed(index) == sorted(zip(groups.tolist(), questions.tolist(), passages.tolist(), strict=True))
    np.testing.assert_array_equal(index.rows(*index.examples(np.arange(5))), index.order)


def test_dataset_without_repeats_has_no_answers():
    index = ExampleIndex.from_examples(LANGUAGES, *arrays([0, 1], [0, 0], [0, 0]))
    assert index.answer is None


def test_repeated_example_becomes_another_group_with_the_same_answer():
    # group 0 holds de-de three times, group 1 once
    index = ExampleIndex.from_examples(LANGUAGES, *arrays([0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]))
    assert (index.groups, index.size) == (4, 4)
    assert sorted(np.bincount(index.answer).tolist()) == [1, 3]


def test_every_row_of_repeated_examples_is_reached_once():
    groups, questions, passages = arrays([0, 0, 0, 0, 1, 1], [0, 0, 1, 0, 0, 0], [0, 0, 1, 0, 1, 1])
    index = ExampleIndex.from_examples(LANGUAGES, groups, questions, passages)
    rows = index.rows(*index.examples(np.arange(index.size)))
    assert sorted(rows.tolist()) == [0, 1, 2, 3, 4, 5]
    found_groups, found_questions, found_passages = index.examples(np.arange(index.size))
    np.testing.assert_array_equal(questions[rows], found_questions)
    np.testing.assert_array_equal(passages[rows], found_passages)
    np.testing.assert_array_equal(groups[rows], index.answer[found_groups])


def test_answers_given_by_row_reach_their_groups():
    groups, questions, passages = arrays([0, 0, 1, 2], [0, 1, 0, 0], [0, 1, 0, 0])
    answers = np.array([7, 7, 8, 7])
    index = ExampleIndex.from_examples(LANGUAGES, groups, questions, passages, answers)
    assert index.answer.tolist() == [7, 8, 7]


def test_no_row_is_refused():
    with pytest.raises(DataFormatError, match="mine holds no example"):
        ExampleIndex.from_examples(LANGUAGES, *arrays([], [], []), name="mine")
