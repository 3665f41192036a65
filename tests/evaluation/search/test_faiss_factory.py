import numpy as np
import pytest

from beir_hybrid.evaluation.search.faiss_factory import (
    empty_index,
    parse_factory,
    set_thoroughness,
    training_sample,
)


@pytest.mark.parametrize("factory", ["HNSW10", "IVF100,Flat", "IVF16,PQ4x4fs", "IVF20_HNSW32,Flat"])
def test_numbers_with_zeros_and_ones_in_them_are_no_zeros(factory):
    assert not empty_index(factory, 16).ntotal


def test_options_are_read_behind_the_string():
    assert parse_factory("IVF256,Flat") == ("IVF256,Flat", {})
    assert parse_factory("IVF256,Flat:nprobe=16, quantizer_efSearch=2.5") == (
        "IVF256,Flat",
        {"nprobe": 16, "quantizer_efSearch": 2.5},
    )


def test_a_sample_is_drawn_from_all_passages_by_its_seed():
    passages = [np.full((3, 2), 1, np.float32), np.full((4, 2), 2, np.float32)]
    index = empty_index("IVF2,Flat", 2)
    sample = training_sample(index, passages, seed=0)
    np.testing.assert_array_equal(np.sort(sample, axis=0), np.concatenate(passages))
    np.testing.assert_array_equal(sample, training_sample(index, passages, seed=0))


def test_thoroughness_is_set_where_nobody_said():
    index = empty_index("IVF4,Flat", 2)
    index.train(np.random.default_rng(0).random((400, 2), np.float32))
    assert set_thoroughness(index, 10, {}) == {"nprobe": 4.0}
    assert index.nprobe == 4
    index.nprobe = 1
    assert set_thoroughness(index, 10, {"nprobe": 1}) == {}
    assert index.nprobe == 1
