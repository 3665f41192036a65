import pytest

from beir_hybrid.errors import DataFormatError, MissingDataError, OutputError
from beir_hybrid_pyserini import folder
from beir_hybrid_pyserini.folder import ABOUT, DOCID, INDEX, check_free, count_ids, place, read_about, write_ids


@pytest.fixture
def index(tmp_path):
    found = tmp_path / "index"
    found.mkdir()
    for name, text in ((INDEX, "old"), (DOCID, "en:1\nen:2\n"), (ABOUT, '{"factory": "Flat"}')):
        (found / name).write_text(text)
    return found


def test_free_places_and_indexes_to_be_replaced_are_accepted(tmp_path, index):
    (tmp_path / "empty").mkdir()
    check_free(tmp_path / "new", False)
    check_free(tmp_path / "empty", False)
    check_free(index, True)


def test_index_is_not_replaced_unasked(index):
    with pytest.raises(OutputError, match=r"holds an index already.*--overwrite"):
        check_free(index, False)


def test_what_is_no_index_is_never_replaced(tmp_path, index):
    (index / "thesis.tex").touch()
    with pytest.raises(OutputError, match=r"'thesis\.tex'"):
        check_free(index, True)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file"):
        check_free(tmp_path / "file", True)


def test_new_index_takes_the_place_of_the_old_as_a_whole(tmp_path, index):
    whole = tmp_path / "work" / "whole"
    whole.mkdir(parents=True)
    (whole / INDEX).write_text("new")
    place(whole, index)
    assert [path.name for path in index.iterdir()] == [INDEX]
    assert (index / INDEX).read_text() == "new"


def test_old_index_comes_back_if_the_new_one_cannot_be_moved(tmp_path, index):
    (tmp_path / "work").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        place(tmp_path / "work" / "whole", index)
    assert (index / INDEX).read_text() == "old"


def test_ids_are_one_a_line_in_order(tmp_path):
    ids = [f"zh:{n}é" for n in range(70_000)]  # more than one block
    write_ids(tmp_path / DOCID, iter(ids), len(ids))
    assert (tmp_path / DOCID).read_text(encoding="utf-8").splitlines() == ids


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["en:1", "en:2", "en:1"], "'en:1' comes twice"),
        (["en:1", "en 2", "en:3"], "'en 2' is empty or has a blank"),
        (["en:1", "", "en:3"], "'' is empty or has a blank"),
        (["en:1", "en:2"], "2 document ids for 3 vectors"),
        (["en:1", "en:2", "en:3", "en:4"], "4 document ids for 3 vectors"),
    ],
    ids=["double", "blank", "empty", "too few", "too many"],
)
def test_wrong_ids_are_refused_and_nothing_is_written(tmp_path, ids, message):
    with pytest.raises(DataFormatError, match=message):
        write_ids(tmp_path / DOCID, ids, 3)
    assert not list(tmp_path.iterdir())


def test_double_id_of_a_later_block_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "_LINES", 2)
    with pytest.raises(DataFormatError, match="'b' comes twice"):
        write_ids(tmp_path / DOCID, ["a", "b", "c", "d", "e", "b"], 6)


def test_ids_of_an_index_are_counted_and_checked(index):
    assert count_ids(index) == 2
    (index / DOCID).write_bytes(b"de:1\nen:2\nde:1\xff\nde:1")
    with pytest.raises(DataFormatError, match="'de:1' comes twice"):
        count_ids(index)
    (index / DOCID).write_text("de:1\n\nde:2\n")
    with pytest.raises(DataFormatError, match="has an empty line"):
        count_ids(index)


@pytest.mark.parametrize("name", [INDEX, DOCID])
def test_missing_file_is_named(index, name):
    (index / name).unlink()
    with pytest.raises(MissingDataError, match=f"no file '{name}'"):
        count_ids(index)


def test_about_is_read_and_nothing_read_of_what_is_none(tmp_path, index):
    assert read_about(index) == {"factory": "Flat"}
    (index / ABOUT).write_text("[")
    assert read_about(index) == read_about(tmp_path) == {}
