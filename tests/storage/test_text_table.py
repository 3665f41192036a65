import numpy as np
import pyarrow as pa
import pytest

from beir_hybrid.storage.text_table import TextTable, number_ids


def test_only_wanted_texts_are_kept_and_the_first_of_a_number_counts():
    table = TextTable(np.array([5, 3, 9, 3]))
    table.add(np.array([9, 1, 3, 3]), pa.array([b"nine", b"one", "drei \u00e9".encode(), b"again"]))
    table.add(np.array([9, 2]), pa.array([b"again", b"two"]))
    assert table.take(np.array([3, 5, 9, 3, 100, 0])).to_pylist() == [
        "drei \u00e9",
        None,
        "nine",
        "drei \u00e9",
        None,
        None,
    ]


def test_empty_texts_are_texts_and_others_than_utf8_are_none():
    table = TextTable(np.array([1, 2, 3]))
    table.add(np.array([1, 2, 3]), pa.array([b"", b"\xff", None], pa.binary()))
    assert table.take(np.array([1, 2, 3])).to_pylist() == ["", None, ""]


@pytest.mark.parametrize("wanted", [[], [4]], ids=["nothing wanted", "nothing there"])
def test_table_without_texts_has_none(wanted):
    table = TextTable(np.array(wanted, np.int64))
    table.add(np.array([1]), pa.array([b"one"]))
    assert table.take(np.array([1, 4])).to_pylist() == [None, None]
    assert table.take(np.array([], np.int64)).to_pylist() == []


def test_ids_have_numbers_of_their_own_even_with_half_a_surrogate_pair():
    assert len({*number_ids([f"{number}#{part}" for number in range(100) for part in range(9)]).tolist()}) == 900
    assert number_ids(["\ud800"]).shape == (1,)
