import pytest

from beir_hybrid.datasets import load_pairs
from beir_hybrid.formats import open_source
from beir_hybrid.storage.pair_building import build_store
from beir_hybrid.testing import FormatContract


def test_store_is_built_from_a_store(tmp_path):
    first = build_store([open_source("sample", languages=["de", "en", "th"])], tmp_path / "first")
    second = build_store([open_source(tmp_path / "first", languages=["de", "en"])], tmp_path / "second")
    assert second.about["checksum"] != first.about["checksum"]
    pairs = load_pairs(tmp_path / "second")
    assert pairs.table.to_pylist() == load_pairs("sample", languages=["de", "en"]).table.to_pylist()


class TestStore(FormatContract):
    name = "store"
    rows = 2
    languages = ("de", "en")

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        rows = [{"group": "1", "language": code, "question": "Who?", "passage": "Me."} for code in ("de", "en")]
        build_store([open_source(write_table(tmp_path / "mine.jsonl", rows))], tmp_path / "pairs")
        return tmp_path / "pairs"
