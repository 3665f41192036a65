import random
import unicodedata

import numpy as np
import pyarrow as pa
import pytest

from beir_hybrid import texts as module
from beir_hybrid.texts import digest_text, digest_texts, fold, number_texts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Me.", "ME."),
        ("Straße", "STRASSE"),
        ("ＭＥ．", "me."),
        ("ｶﾞ", "ガ"),
        ("Cafe\u0301", "Café"),
        ("ﬁne", "fine"),
        (" a\tb\n", "a b"),
        ("a\u3000\u00a0\u2028b", "a b"),
        ("οδός", "ΟΔΌΣ"),
    ],
)
def test_case_width_and_blanks_make_no_difference(one, other):
    assert one != other
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ab", "a b"), ("resume", "résumé"), ("a.", "a"), ("", "a"), ("ı", "i")], ids=repr
)
def test_everything_else_does(one, other):
    assert fold(one) != fold(other)


@pytest.mark.parametrize("text", ["ǅ Ａ ß", "e\u0301E\u0301", "plain"])
def test_asking_for_the_form_first_changes_nothing(text):
    assert fold(text) == " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_one_numbering_holds_for_all_columns_and_chunks(monkeypatch, at_once):
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    chunked = pa.chunked_array([["b", "A"], [], ["c", None, "B "]])
    numbers, others = number_texts(chunked, pa.array(["a", "new", "C"], pa.large_string()))
    assert numbers.tolist() == [0, 1, 2, -1, 0]
    assert others.tolist() == [1, 3, 2]


def test_no_text_has_no_number():
    (numbers,) = number_texts(pa.array([], pa.string()))
    assert numbers.dtype == np.int64
    assert numbers.tolist() == []


def test_half_a_surrogate_pair_is_a_text():
    assert len(module.digest_text("\ud800")) == 16


def test_texts_together_are_digested_as_each_alone():
    letters = ["a", "B ", "  ", "ß", "\u0301", "ｶ", "ﾞ", "\t", "\x1c", "\x85", "\u1680", "\u2028", "\u3000", "\xa0", "Σ"]
    rng = random.Random(0)
    for size in range(1, len(letters) + 1):
        texts = ["".join(rng.choices(letters[:size], k=rng.randrange(8))) for _ in range(30)]
        for rows in (texts, [*texts, "a\0b", None]):
            alone = [np.frombuffer(digest_text(text or ""), "<u8").tolist() for text in rows]
            assert digest_texts(pa.array(rows, pa.string())).tolist() == alone


def test_no_texts_have_no_digests():
    assert digest_texts(pa.array([], pa.string())).shape == (0, 2)
