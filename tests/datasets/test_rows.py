import pytest

from beir_hybrid.datasets.rows import Judgement, read_judgements, read_rows
from beir_hybrid.errors import DataFormatError


def test_rows_come_with_their_lines_and_optional_fields(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": "1", "title": null}\n \n{"id": "2", "title": "T", "more": 3}\n')
    assert list(read_rows(path, ("id", "title?"), "Repair it.")) == [
        (1, {"id": "1", "title": ""}),
        (3, {"id": "2", "title": "T", "more": 3}),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param(b"[1]", "not a JSON object", id="list"),
        pytest.param(b"{", "not JSON: ", id="cut off"),
        pytest.param(b"\xff", "not UTF-8: ", id="bytes"),
        pytest.param(b"{}", "no field 'id'", id="missing"),
        pytest.param(b'{"id": 1}', "'id' is 1", id="number"),
        pytest.param(b'{"id": "1", "title": 2}', "'title' is 2", id="optional"),
    ],
)
def test_bad_row_is_named_with_its_file_and_line(tmp_path, line, problem):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id": "1"}\n' + line + b"\n")
    with pytest.raises(DataFormatError) as caught:
        list(read_rows(path, ("id", "title?"), "Repair it."))
    assert str(caught.value).startswith(f"{path}:2: {problem}")


def test_judgements_may_be_repeated_but_not_contradict_one_another(tmp_path):
    path = tmp_path / "qrels.tsv"
    rows = [(2, "q", "d", "1"), (3, "q", "d", "01")]
    assert list(read_judgements(path, rows, "")) == [Judgement("q", "d", 1, 2), Judgement("q", "d", 1, 3)]
    with pytest.raises(DataFormatError, match=r"qrels\.tsv:4: 'd' has the grade 0 for 'q', and 1 before"):
        list(read_judgements(path, [*rows, (4, "q", "d", "0")], ""))
    with pytest.raises(DataFormatError, match=r"qrels\.tsv holds no judgement\. Fetch it"):
        list(read_judgements(path, [], "Fetch it."))
