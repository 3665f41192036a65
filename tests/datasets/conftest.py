import runpy
from pathlib import Path

import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.passage import Passage
from beir_hybrid.registry import DATASETS

made_ids = runpy.run_path(str(Path(__file__).parents[1] / "made_ids.py"))["made_ids"]


class Minimal:
    """A plug-in's dataset that tells nothing of itself."""

    def load(self, source, languages, **options):
        return MultilingualCollection(
            "minimal", {"en": {"en:1": Passage("One.")}}, {"en": {"en:q": "1?"}}, {"en:q": {"en:1": 1}}
        )


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(DATASETS, "_called", {})
    DATASETS.register("minimal", Minimal())
