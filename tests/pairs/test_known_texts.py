import tracemalloc

import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.pairs.known_texts import KnownTexts

QUESTION = "Who was the first woman that won a Nobel Prize in physics?"


def looked_up(known, *texts):
    return [(one.place, one.known.owner, one.exact, round(one.value, 2)) for one in known.look_up(texts)]


@pytest.fixture
def known():
    known = KnownTexts()
    known.add("one", "en", [QUESTION, "谁是第一位获得诺贝尔物理学奖的女性科学家？", "Yes!"])
    known.add("other", "de", ["Wer war die erste Frau, die einen Nobelpreis bekam?", QUESTION])
    return known


def test_equal_texts_stand_in_every_set_that_has_them(known):
    upper = "who was the  FIRST woman that won a nobel prize in physics?"
    assert looked_up(known, "No.", upper) == [(1, "one", True, 1), (1, "other", True, 1)]


def test_text_that_differs_in_signs_is_near(known):
    assert looked_up(known, "Yes.") == [(0, "one", False, 1)]


def test_text_with_another_word_is_near_in_every_set(known):
    near = QUESTION.replace("physics", "chemistry")
    assert looked_up(known, near) == [(0, "one", False, 0.82), (0, "other", False, 0.82)]


def test_texts_without_blanks_are_compared_by_letters(known):
    assert looked_up(known, "谁是第一位获得诺贝尔化学奖的女性科学家？") == []  # five of seventeen runs differ
    assert looked_up(known, "谁是第一位获得诺贝尔物理学奖的女性科学家呢？") == [(0, "one", False, 0.94)]


def test_text_that_shares_few_pieces_is_not_near(known):
    assert looked_up(known, "Who was the first man that won a Nobel Prize in physics, and when?") == []


def test_texts_added_later_come_up(known):
    assert looked_up(known, "Where is it that she lived?") == []
    known.add("third", "en", ["where is it that she lived"])
    assert looked_up(known, "Where is it that she lived?") == [(0, "third", False, 1)]


@pytest.mark.parametrize("text", ["", "?!", "\ud800"])
def test_text_without_words_is_no_error(known, text):
    assert looked_up(known, text) == []


def test_nothing_is_like_no_text():
    assert looked_up(KnownTexts(), QUESTION) == []


@pytest.mark.parametrize("threshold", [0.4, 1.1, float("nan")])
def test_threshold_is_a_share(threshold):
    with pytest.raises(ConfigurationError, match=r"Give a number from 0\.5 to 1"):
        KnownTexts(threshold)


def test_text_takes_little_memory_besides_itself(known):
    texts = [" ".join(f"{number}-{word}" for word in range(100)) for number in range(500)]
    tracemalloc.start()
    try:
        known = KnownTexts()
        known.add("many", "en", texts)
        assert looked_up(known, texts[7], texts[8] + " more") == [(0, "many", True, 1.0), (1, "many", False, 0.99)]
        assert tracemalloc.get_traced_memory()[0] < 4_000 * len(texts)
    finally:
        tracemalloc.stop()
