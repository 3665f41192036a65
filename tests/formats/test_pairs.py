"""This package's own JSON Lines."""

import pytest

from beir_hybrid.testing import FormatContract

ROWS = [
    {"group": str(group), "language": code, "question": "Who?", "passage": "Me.", "negatives": ["You."], "score": 1}
    for group in range(2)
    for code in ("de", "en")
]


class TestPairs(FormatContract):
    name = "pairs"
    rows = 4
    languages = ("de", "en")

    @pytest.fixture
    def sample(self, tmp_path, write_table):
        return write_table(tmp_path / "mine.jsonl.gz", ROWS)
