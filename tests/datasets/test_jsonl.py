import json

import pytest

from beir_hybrid.datasets.jsonl import read_pairs
from beir_hybrid.errors import DataFormatError, MissingDataError

GOOD = {"group": "1", "language": "en", "question": "1?", "passage": "One."}


@pytest.fixture
def write(tmp_path):
    def write(*lines):
        path = tmp_path / "own.jsonl"
        path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
        return path

    return write


def test_lines_become_pairs_and_blank_lines_nothing(write):
    pairs = read_pairs(write(GOOD, b"", {**GOOD, "language": "de", "question": "eins?", "score": 3}, b"  "))
    assert pairs.name == "own"
    assert pairs.table.to_pylist() == [GOOD, {**GOOD, "language": "de", "question": "eins?"}]


def test_line_separators_inside_a_text_end_no_line(write):
    # U+2028 ends a line for str.splitlines, not in a JSON Lines file
    text = "One.\u2028Two.\u0085Three."
    path = write(json.dumps({**GOOD, "passage": text}, ensure_ascii=False).encode())
    assert read_pairs(path).table["passage"].to_pylist() == [text]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(b'{"group": "2", ', "not JSON: Expecting property name", id="cut off"),
        pytest.param(b"[1]", "not a JSON object", id="a list"),
        pytest.param({**GOOD, "passage": None}, "'passage' is None", id="null"),
        pytest.param({"group": "2", "language": "en", "passage": "x"}, "no field 'question'", id="missing"),
        pytest.param({**GOOD, "group": 2}, "'group' is 2", id="a number"),
        pytest.param(b"[" * 100_000, "not JSON: it is nested too deeply", id="too deep"),
    ],
)
def test_bad_line_is_named_with_its_file(write, line, message):
    path = write(GOOD, b"", line, GOOD)
    with pytest.raises(DataFormatError) as caught:
        read_pairs(path)
    assert str(caught.value).startswith(f"{path}:3: {message}")
    assert "group, language, question, passage" in str(caught.value)


def test_file_that_is_not_utf8_is_told(write):
    path = write(GOOD, "é".encode("latin-1"))
    with pytest.raises(DataFormatError, match="not UTF-8") as caught:
        read_pairs(path)
    assert str(path) in str(caught.value)


def test_empty_file_is_told(write):
    with pytest.raises(DataFormatError, match="own holds no pair"):
        read_pairs(write(b""))


def test_missing_file_is_told(tmp_path):
    with pytest.raises(MissingDataError, match="There is no file"):
        read_pairs(tmp_path / "none.jsonl")
