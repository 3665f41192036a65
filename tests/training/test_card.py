import pytest

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.training.card import add_to_card


@pytest.fixture
def write(tmp_path):
    """Adds the section to some text, or to none, and gives what is there then."""

    def run(before=None, **details):
        path = tmp_path / "README.md"
        if before is not None:
            path.write_text(before, encoding="utf-8")
        drawn = DrawSummary("hybrid(alpha=0.3)", batches=2)
        drawn.kinds.update({"x-y": 2})
        drawn.pairs.update({("de", "en"): 5, ("en", "de"): 3})
        add_to_card(path, drawn, details)
        return path.read_text(encoding="utf-8")

    return run


@pytest.mark.parametrize(
    "line", ["- **Strategy:** `hybrid(alpha=0.3)`", "- **Data:** tiny", "| **de** | 0 | 5 |", "| **en** | 3 | 0 |"]
)
def test_card_tells_how_batches_were_drawn(write, line):
    assert line in write(Data="tiny").splitlines()


def test_card_tells_what_was_drawn(write):
    assert "2 batches with 8 examples were drawn: 2 x-y (100.0%)." in write()


def test_section_goes_before_the_usage(write):
    card = write("---\ntags: []\n---\n# Name\n\n## Usage\n\nLoad it.\n")
    assert card.startswith("---\ntags: []\n---\n# Name\n\n## Batches\n")
    assert card.endswith("\n\n## Usage\n\nLoad it.\n")


def test_section_goes_to_the_end_of_a_card_without_usage(write):
    assert write("# Name\n\n").startswith("# Name\n\n## Batches\n")


def test_card_is_made_where_there_is_none(write):
    assert write().startswith("# Model\n\n## Batches\n")
