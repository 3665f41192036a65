"""Arrow and Parquet with the columns of a store."""

import pytest

from beir_hybrid import load_pairs
from beir_hybrid.testing import FormatContract


class TestFeather(FormatContract):
    name = "arrow"
    rows = 264
    languages = ("de", "en")

    @pytest.fixture
    def sample(self, tmp_path):
        load_pairs("sample", languages=["de", "en"]).save(tmp_path / "mine.feather")
        return tmp_path / "mine.feather"


class TestParquet(FormatContract):
    name = "arrow"
    rows = 2
    languages = ("de", "en")

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        rows = [{"group": "1", "language": code, "question": "Who?", "passage": "Me."} for code in ("de", "en")]
        return write_table(tmp_path / "mine.parquet", rows)
