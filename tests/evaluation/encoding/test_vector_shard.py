from __future__ import annotations

import numpy as np
import pytest

from beir_hybrid.errors import DataFormatError, ModelError
from beir_hybrid.evaluation.encoding import vector_shard
from beir_hybrid.evaluation.encoding.vector_shard import STORED_FORMATS, VectorShard, checks, pack, write_rows
from beir_hybrid.evaluation.encoding.vectors import keys_of


@pytest.fixture(params=[(dimensions, stored) for dimensions in (4, 6, 7) for stored in STORED_FORMATS], ids=str)
def shard(request, tmp_path):
    """A file of ten vectors in two blocks, and the vectors."""
    dimensions, stored = request.param
    vectors = np.random.default_rng(0).standard_normal((10, dimensions)).astype(stored).astype(np.float32)
    keys = keys_of(map(str, range(10)))
    parts = (pack(keys[rows], vectors[rows], stored) for rows in (slice(0, 3), slice(3, 10)))
    write_rows(tmp_path / "shard.npy", 10, parts)
    return VectorShard(tmp_path / "shard.npy", dimensions), vectors


def test_vectors_are_read_as_float32_by_slices_and_numbers(shard):
    stored, vectors = shard
    assert stored.shape == vectors.shape
    for rows in (slice(None), slice(2, 5), np.array([7, 0, 7])):
        assert stored[rows].dtype == np.float32
        assert stored[rows].tobytes() == vectors[rows].tobytes()
    assert stored.keys().tolist() == keys_of(map(str, range(10))).tolist()
    stored.verify()


def test_only_the_rows_that_are_read_are_compared_with_their_checksums(shard, monkeypatch):
    monkeypatch.setattr(vector_shard, "CHECK_ROWS", 4)  # three blocks
    stored, vectors = shard
    content = bytearray(stored.path.read_bytes())
    content[-1] ^= 1
    stored.path.write_bytes(content)
    damaged = VectorShard(stored.path)
    assert damaged[:9].tobytes() == vectors[:9].tobytes()
    for rows in (slice(8, 10), np.array([9, 1])):
        with pytest.raises(DataFormatError, match=r"shard\.npy is damaged: row 9 does not match its checksum"):
            damaged[rows]
    with pytest.raises(ValueError, match="row 9 does not match"):
        damaged.verify()


def test_every_flipped_bit_of_a_row_is_noticed():
    for stored in STORED_FORMATS:
        records = pack(keys_of(["one"]), np.array([[1, -2, 0]], np.float32), stored)
        right = bytes(records.data)
        for bit in range(8 * len(right)):
            content = bytearray(right)
            content[bit // 8] ^= 1 << bit % 8
            flipped = np.frombuffer(content, records.dtype)
            assert checks(flipped)[0] != flipped["check"][0]


def test_numbers_beyond_float16_are_refused():
    with pytest.raises(ModelError, match=r"numbers up to 7e\+04, and float16 ends at 65504\. .*--store-dtype float32"):
        pack(keys_of(["one"]), np.array([[1, -7e4]], np.float32), "float16")


def test_files_of_other_dimensions_or_without_rows_of_vectors_are_refused(shard, tmp_path):
    stored, vectors = shard
    with pytest.raises(ValueError, match="its rows are not keys and vectors of 3 dimensions"):
        VectorShard(stored.path, 3)
    np.save(tmp_path / "plain.npy", vectors)
    with pytest.raises(ValueError, match="its rows are not keys and vectors"):
        VectorShard(tmp_path / "plain.npy")
