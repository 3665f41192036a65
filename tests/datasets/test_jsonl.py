import json

import pytest

from beir_hybrid.datasets.jsonl import read_pairs
from beir_hybrid.errors import DataFormatError, MissingDataError
from beir_hybrid.formats import build_store, open_source

GOOD = {"group": "1", "language": "en", "question": "1?", "passage": "One."}


@pytest.fixture
def write(tmp_path):
    def write(*lines):
        path = tmp_path / "own.jsonl"
        path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
        return path

    return write


def test_lines_become_pairs_and_blank_lines_nothing(write):
    pairs = read_pairs(write(GOOD, b"", {**GOOD, "language": "de", "question": "eins?", "source": 3}, b"  "))
    assert pairs.name == "own"
    assert pairs.table.to_pylist() == [GOOD, {**GOOD, "language": "de", "question": "eins?"}]


def test_all_fields_of_a_pair_are_read_as_a_store_reads_them(write, tmp_path):
    rows = [
        {**GOOD, "passage_language": "de", "score": 0.0, "negatives": ["x", "y"], "negative_scores": [0, 1.5]},
        {**GOOD, "group": "2", "negatives": ["z"], "negative_languages": ["fr"]},
    ]
    path = write(*rows)
    pairs = read_pairs(path)
    assert pairs.languages == ("de", "en")
    store = build_store([open_source(path)], tmp_path / "store")
    known = store.table(store.columns)
    read = [{name: value or None for name, value in row.items()} for row in pairs.table.to_pylist()]
    assert read == [{name: value or None for name, value in row.items()} for row in known.to_pylist()]
    assert pairs.table["score"].to_pylist() == [0.0, None]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("passage_language", 3, "passage_language is 3"),
        ("score", "high", "score is 'high'"),
        ("score", True, "score is True"),
        ("negative_scores", 0.5, "negative_scores are 0.5"),
        ("negative_scores", ["a"], r"negative_scores are \['a'\]"),
        ("negative_languages", ["fr"], "row 0 has not as many negative_languages as negatives"),
    ],
)
def test_fields_of_another_form_are_named(write, field, value, words):
    with pytest.raises(DataFormatError, match=words):
        read_pairs(write({**GOOD, field: value}))


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
