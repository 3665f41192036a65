from pathlib import Path

import pytest

from beir_hybrid.batching.summary import DrawSummary
from beir_hybrid.training.card import write_card
from beir_hybrid.training.options import TrainingOptions


@pytest.fixture
def write(tmp_path, pairs):
    """Writes a card over some text, or none, and gives what is there then."""

    def run(before=None, **options):
        path = tmp_path / "README.md"
        if before is not None:
            path.write_text(before, encoding="utf-8")
        drawn = DrawSummary("hybrid(alpha=0.3)", batches=2)
        drawn.kinds.update({"x-y": 2})
        drawn.pairs.update({("de", "en"): 5, ("en", "de"): 3})
        write_card(path, TrainingOptions("static:8", "tiny.jsonl", Path("out"), **options), pairs, drawn)
        return path.read_text(encoding="utf-8")

    return run


@pytest.mark.parametrize(
    "line",
    [
        "- **Strategy:** `hybrid(alpha=0.3)`",
        "- **Data:** tiny, 12 groups, 34 question-passage pairs",
        "- **Languages:** de, en, es",
        "- **Base model:** `static:8`",
        "- **Prefixes:** `Query: ` and `Passage: `, stored as the prompts `query` and `document`",
        "- **Scale:** 20",
        "| **de** | 0 | 5 |",
        "| **en** | 3 | 0 |",
    ],
)
def test_card_tells_how_the_model_was_trained(write, line):
    assert line in write().splitlines()


def test_card_tells_what_was_drawn(write):
    assert "2 batches with 8 examples were drawn: 2 x-y (100.0%)." in write()


def test_card_tells_the_options_given(write):
    card = write(scale=12.5, query_prefix="", passage_prefix="p: ")
    assert "- **Scale:** 12.5" in card
    assert "`` and `p: `" in card


def test_section_goes_before_the_usage(write):
    card = write("---\ntags: []\n---\n# Name\n\n## Usage\n\nLoad it.\n")
    assert card.startswith("---\ntags: []\n---\n# Name\n\n## Batches\n")
    assert card.endswith("\n\n## Usage\n\nLoad it.\n")


def test_section_goes_to_the_end_of_a_card_without_usage(write):
    assert write("# Name\n\n").startswith("# Name\n\n## Batches\n")


def test_card_is_made_where_there_is_none(write):
    assert write().startswith("# Model\n\n## Batches\n")
