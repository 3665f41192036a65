import pytest

from beir_hybrid.reports.models.words import compact, duration


@pytest.mark.parametrize("count", [0, 9_999, 10_000, 99_949, 99_950, 999_499, 999_500, 5 * 10**9, 10**14, 10**15])
def test_counts_take_five_characters_at_most(count):
    text = compact(count)
    assert len(text) <= 5
    factor = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}.get(text[-1], 1)
    assert float(text.rstrip("kMGT")) * factor == pytest.approx(count, rel=0.06)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(99, "99 s"), (120, "2 min"), (3599.7, "1 h 00 min"), (5900, "1 h 38 min"), (36000, "10 h 00 min")],
)
def test_duration_is_said_in_words(seconds, words):
    assert duration(seconds) == words
