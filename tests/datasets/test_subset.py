import pytest

from beir_hybrid.datasets.subset import Subset
from beir_hybrid.passage import Passage

DOCUMENTS = [(str(number), Passage(f"text {number}")) for number in range(1000)]


def choose(others, judged=("3", "998"), language="sw"):
    return [int(identifier) for identifier, _ in Subset(others).choose(DOCUMENTS, set(judged), language)]


def test_without_others_the_judged_remain():
    assert choose(0) == [3, 998]


@pytest.mark.parametrize("others", [1, 100, 998])
def test_as_many_others_as_asked_in_the_order_of_the_stream(others):
    chosen = choose(others)
    assert len(set(chosen)) == len(chosen) == others + 2
    assert {3, 998} < set(chosen)
    assert chosen == sorted(chosen)


def test_no_more_than_there_are():
    assert choose(5000) == list(range(1000))


def test_choice_is_the_same_every_time_and_another_in_every_language():
    assert choose(50) == choose(50)
    assert choose(50) != choose(50, language="yo")  # codes of the same length


def test_larger_sample_contains_the_smaller():
    assert set(choose(20)) < set(choose(40)) < set(choose(400))


def test_every_part_of_the_stream_is_drawn_from():
    # 200 of 1,000 are 20 +- 4 of each hundred; 6 standard deviations never fail for a fixed seed that is fair
    chosen = choose(200, judged=())
    counts = [sum(start <= number < start + 100 for number in chosen) for start in range(0, 1000, 100)]
    assert sum(counts) == 200
    assert 4 <= min(counts) <= max(counts) <= 44


def test_note_names_the_number():
    assert Subset(10_000).note.startswith("corpora hold the judged passages and 10,000 others per language")
