"""The contract of formats, for formats that break it."""

import pytest
import toy_formats

from beir_hybrid.testing import FormatContract


class Sampled(FormatContract):
    rows = 1
    languages = ("en",)

    @pytest.fixture
    def sample(self, tmp_path):
        (tmp_path / "here").mkdir()
        (tmp_path / "here" / "x.txt").write_text(f"{self.name} and more")
        return tmp_path / "here" / "x.txt"


for thing in toy_formats.FORMATS:
    globals()[f"Test{thing.__name__}"] = type(
        f"Test{thing.__name__}", (Sampled,), {"name": thing.__name__.lower(), "__module__": __name__}
    )
del Sampled  # no format
