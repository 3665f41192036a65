"""Tables whose columns are named."""

import gzip
import json

import datasets
import pytest

from beir_hybrid import load_pairs
from beir_hybrid.datasets import load_sources
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.formats import build_store, open_source

ROWS = [
    {"id": "007", "lang": code, "query": f"{code}?", "positive": f"{code}.", "note": None}
    for code in ("de", "en", "fr")
]
COLUMNS = ("group=id", "language=lang")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)))
    return path


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv", "parquet", "jsonl.gz", "csv.gz"])
def test_files_with_columns_are_tables(tmp_path, path, suffix):
    table, path = datasets.Dataset.from_list(ROWS), tmp_path / f"mine.{suffix}"
    if suffix == "parquet":
        table.to_parquet(path)
    elif suffix.startswith("jsonl"):
        table.to_json(path, compression=None)
    else:
        table.to_csv(path, sep="\t" if suffix == "tsv" else ",", compression=None)
    if suffix.endswith(".gz"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    pairs = load_pairs(path, columns=COLUMNS)
    assert pairs.table.to_pylist()[0] == {"group": "007", "language": "de", "question": "de?", "passage": "de."}
    assert (pairs.name, len(pairs)) == ("mine", 3)


def test_text_na_in_a_csv_file_is_a_text(tmp_path):
    (tmp_path / "mine.csv").write_text("query,positive\nNA,null\n,empty\n")
    pairs = load_pairs(tmp_path / "mine.csv", columns=["language:en"])
    assert pairs.table.select(["question", "passage"]).to_pylist() == [{"question": "NA", "passage": "null"}]


def test_columns_of_data_that_have_their_own_are_refused(tmp_path):
    with pytest.raises(
        ConfigurationError, match=r"Columns are named \('group=id,language=lang'\), and those of sample"
    ):
        load_pairs("sample", columns=COLUMNS)
    with pytest.raises(ConfigurationError, match="those of sample are known"):
        load_sources(["sample", "mlqa-r"], columns=COLUMNS)


def test_columns_are_those_of_the_sources_that_are_tables(path):
    sources = load_sources([str(path), "sample"], languages=["en", "de"], columns=COLUMNS)
    assert [(pairs.name, pairs.languages) for pairs in sources] == [
        ("mine", ("de", "en")),
        ("sample", ("de", "en")),
    ]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(MissingDataError, match=r"There is no file .*mine\.csv"):
        load_pairs(tmp_path / "mine.csv", columns=COLUMNS)


def test_format_and_columns_are_not_given_together(path):
    with pytest.raises(ConfigurationError, match=r"Both a format \(pairs\) and columns"):
        open_source(path, "pairs", columns=COLUMNS)


def test_tables_are_sources_of_stores(path):
    source = open_source(path, languages=["fr"], columns=COLUMNS)
    assert [text for batch in source.batches() for text in batch.rows["question"].to_pylist()] == ["fr?"]
    assert source.identity != open_source(path, languages=["de"], columns=COLUMNS).identity


def test_file_of_a_store_has_another_identity_when_it_changes(path):
    before = open_source(path, columns=COLUMNS).identity
    assert open_source(path, columns=COLUMNS).identity == before
    path.write_text(json.dumps(ROWS[0]))
    assert open_source(path, columns=COLUMNS).identity != before


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_broken_lines_are_counted_and_strict_builds_refuse_them(tmp_path, ending, caplog):
    path = tmp_path / f"mine.{ending}"
    lines = {"jsonl": '{"query": "a", "positive": "b"}\n{\n', "csv": "query,positive\na,b\na\n"}
    path.write_text(lines[ending])
    assert len(load_pairs(path, columns=["language:en"])) == 1
    assert f"{path}: left out 1 rows with " in caplog.text
    with pytest.raises(DataFormatError, match="1 rows have"):
        build_store([open_source(path, columns=["language:en"])], tmp_path / "store", strict=True)


def test_folders_of_tables_are_read(tmp_path, write_table):
    for code in ("de", "en"):
        write_table(tmp_path / "mine" / f"{code}.csv", [row for row in ROWS if row["lang"] == code])
    assert load_pairs(tmp_path / "mine", columns=COLUMNS).languages == ("de", "en")


def test_negatives_are_joined_wherever_they_stand(tmp_path, write_table):
    row = {"query": "a", "positive": "b", "no_2": "d", "no_1": "c"}
    path = write_table(tmp_path / "mine.jsonl", [row, row | {"query": "e", "no_2": ""}])
    pairs = load_pairs(path, columns=["language:en", "negatives=no"])
    assert pairs.table["negatives"].to_pylist() == [["c", "d"], ["c"]]


def test_column_that_is_missing_is_named_with_a_close_one(path):
    with pytest.raises(DataFormatError, match=r"has no column 'positiv'.*Did you mean 'positive'"):
        load_pairs(path, columns=["passage=positiv", "language=lang"])
