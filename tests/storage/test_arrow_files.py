import os

import numpy as np
import pyarrow as pa
import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.storage.arrow_files import StoredBatches, read_table, table_checksum, write_table

COLUMNS = ("name", "words")
TABLE = pa.table(
    {
        "name": pa.array(["a", "größer", None, "漢字", ""] * 20),
        "words": pa.array([["x", "y"], [], None, ["z", None], [""]] * 20, pa.list_(pa.string())),
    }
)


@pytest.fixture
def path(tmp_path):
    write_table(tmp_path / "table.arrow", TABLE)
    return tmp_path / "table.arrow"


def rewritten(path, change):
    content = path.read_bytes()
    path.write_bytes(change(content))


def test_what_was_written_comes_back(path):
    found = read_table(path, COLUMNS)
    assert found.equals(TABLE)
    assert found.schema.metadata is None


def test_any_arrow_reader_reads_the_file(path):
    assert pa.ipc.open_file(str(path)).read_all().equals(TABLE)


def test_other_columns_are_not_read(path):
    assert read_table(path, ["words", "none"]).column_names == ["words"]


def test_tables_of_other_programs_are_read(tmp_path):
    with pa.ipc.new_file(str(tmp_path / "other.arrow"), TABLE.schema) as writer:
        writer.write_table(TABLE)
    assert read_table(tmp_path / "other.arrow", COLUMNS).equals(TABLE)


@pytest.mark.parametrize(
    "same",
    [
        pa.concat_tables([TABLE.slice(0, 7), TABLE.slice(7)]),
        pa.concat_tables([TABLE, TABLE]).slice(100),
        TABLE.cast(pa.schema([("name", pa.large_string()), ("words", pa.large_list(pa.string()))])),
    ],
    ids=["chunks", "slice", "large"],
)
def test_checksum_is_of_the_texts_however_they_are_stored(same):
    assert table_checksum(same) == table_checksum(TABLE)


@pytest.mark.parametrize(
    "other",
    [
        {"name": ["ab", "c"]},
        {"name": ["a", None]},
        {"name": [None, "a"]},
        {"name": ["a", ""]},
        {"name": ["a"]},
        {"mane": ["a", "bc"]},
        {"name": ["a", "bc"], "words": [["a"], ["b"]]},
        {"name": ["a", "bc"], "words": [["a", "b"], []]},
        {"name": ["a", "bc"], "words": [["a", "b"], None]},
        {"name": ["a", "bc"], "words": [["ab"], []]},
    ],
    ids=str,
)
def test_checksum_tells_what_differs(other):
    others = [{"name": ["a", "bc"]}, {"name": ["a", "bc"], "words": [["ab"], None]}]
    assert table_checksum(pa.table(other)) not in [table_checksum(pa.table(one)) for one in others]


def test_checksum_is_the_same_on_every_machine():
    written_out = "b3a9feca3ae89def2d4af0de5a745f60eff1e076a22164797ffd4df496a4961c"
    assert table_checksum(pa.table({"name": ["a", "ü"], "words": [["x"], []]})) == written_out


def test_a_text_that_changed_is_found_by_the_checksum(path):
    rewritten(path, lambda content: content.replace("größer".encode(), "größte".encode()))
    with pytest.raises(DataFormatError, match=r"table\.arrow is damaged: it does not match its checksum"):
        read_table(path, COLUMNS)


def test_a_table_of_another_program_is_validated(tmp_path):
    path = tmp_path / "other.arrow"
    with pa.ipc.new_file(str(path), TABLE.schema) as writer:
        writer.write_table(TABLE)
    rewritten(path, lambda content: content.replace("größer".encode(), b"gr\xff\xff\xff\xffer"))
    with pytest.raises(DataFormatError, match=r"other\.arrow is damaged: .*UTF8"):
        read_table(path, COLUMNS)


def test_a_column_that_is_there_twice_is_told(tmp_path):
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], ["name", "name"])
    write_path = tmp_path / "twice.arrow"
    with pa.ipc.new_file(str(write_path), table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(DataFormatError, match="has the column 'name' twice"):
        read_table(write_path, COLUMNS)


def use(path):
    """Read and use a file in a child process; give the signal that ended it, or 0."""
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            table = read_table(path, COLUMNS)
            table_checksum(table)
            table.to_pylist()
        except DataFormatError:
            os._exit(0)
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return status & 127 or status >> 8


@pytest.mark.parametrize("checksum", [True, False], ids=["ours", "of another program"])
def test_no_damage_ends_the_process(tmp_path, checksum):
    whole = tmp_path / "whole.arrow"
    if checksum:
        write_table(whole, TABLE)
    else:
        with pa.ipc.new_file(str(whole), TABLE.schema) as writer:
            writer.write_table(TABLE)
    content = whole.read_bytes()
    generator = np.random.default_rng(7)
    for number in range(150):
        damaged = bytearray(content)
        place = int(generator.integers(len(damaged) - 8))
        if number % 3 == 0:
            damaged = damaged[:place]
        elif number % 3 == 1:
            damaged[place : place + 8] = int(generator.integers(-(2**40), 2**40)).to_bytes(8, "little", signed=True)
        else:
            damaged[place] = int(generator.integers(256))
        path = tmp_path / "damaged.arrow"
        path.write_bytes(damaged)
        assert use(path) == 0, f"damage {number}"


SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string())])


@pytest.fixture
def batches(tmp_path):
    path = tmp_path / "batches.arrow"
    with pa.ipc.new_file(str(path), SCHEMA) as writer:
        for part in (["1", "2"], ["3"]):
            writer.write_batch(pa.RecordBatch.from_arrays([part, [f"text {one}" for one in part]], schema=SCHEMA))
    return path


def test_batches_are_given_by_column(batches):
    stored = StoredBatches(batches, SCHEMA, StoredBatches(batches, SCHEMA).checksums())
    assert (len(stored), stored.rows) == (2, [2, 1])
    assert stored.column(1, 1).to_pylist() == ["text 3"]


def test_a_batch_that_changed_is_found_when_it_is_read_first(batches):
    checksums = StoredBatches(batches, SCHEMA).checksums()
    rewritten(batches, lambda content: content.replace(b"text 3", b"text 4"))
    stored = StoredBatches(batches, SCHEMA, checksums)
    assert stored.column(0, 1).to_pylist() == ["text 1", "text 2"]
    assert stored.column(1, 0).to_pylist() == ["3"]
    with pytest.raises(DataFormatError, match=r"batches\.arrow is damaged: it does not match its checksums"):
        stored.column(1, 1)


def test_a_batch_without_checksum_is_validated(batches):
    rewritten(batches, lambda content: content.replace(b"text 3", b"text \xff"))
    with pytest.raises(DataFormatError, match="UTF8"):
        StoredBatches(batches, SCHEMA).column(1, 1)


@pytest.mark.parametrize(
    ("schema", "checksums"),
    [(pa.schema([("id", pa.string()), ("text", pa.large_string())]), None), (SCHEMA, [[1, 2]])],
    ids=["schema", "number of batches"],
)
def test_batches_of_another_kind_are_refused(batches, schema, checksums):
    with pytest.raises(DataFormatError, match="other columns or batches"):
        StoredBatches(batches, schema, checksums)
