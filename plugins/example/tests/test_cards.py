from pathlib import Path

from beir_hybrid.formats import build_format
from beir_hybrid.testing import FormatContract


class TestCards(FormatContract):
    name = "cards"
    path = Path(__file__).with_name("cards.txt")
    rows = 4
    languages = ("de", "en")


def test_lines_of_other_fields_are_counted(tmp_path):
    (tmp_path / "x.txt").write_text("# cards\n1;en;Who?;Me.\n1;en;Who?\n")
    [batch] = build_format("cards(separator=';')").read(tmp_path / "x.txt", None)
    assert batch.rows.to_pylist() == [{"group": "1", "language": "en", "question": "Who?", "passage": "Me."}]
    assert batch.dropped == {"another number of fields": 1}
