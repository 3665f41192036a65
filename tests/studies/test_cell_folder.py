import pytest

from beir_hybrid.errors import DataFormatError, MissingDataError
from beir_hybrid.storage.files import write_json
from beir_hybrid.studies.cell_folder import CellFolder


def test_file_reads_as_the_same_cell(opened, tmp_path):
    cell = opened().cells[2]
    folder = CellFolder(tmp_path / "cell")
    folder.begin(cell)
    assert folder.cell() == cell
    assert folder.record() == cell.record


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"schema": 2}, id="schema"),
        pytest.param({"schema": 1}, id="fields"),
        pytest.param([1], id="list"),
        pytest.param(
            {
                "schema": 1,
                "values": ["x"],
                "languages": [],
                "config": {"options": {}, "arguments": {}, "evaluations": []},
            },
            id="types",
        ),
        pytest.param({"schema": 1, "values": {}, "config": {"options": {}, "evaluations": [["x"]]}}, id="trial"),
    ],
)
def test_file_of_another_kind_is_refused(tmp_path, content):
    write_json(tmp_path / "cell.json", content)
    with pytest.raises(DataFormatError, match=r"cell\.json"):
        CellFolder(tmp_path).cell()


def test_absent_file_is_told(tmp_path):
    with pytest.raises(MissingDataError, match=r"cell\.json"):
        CellFolder(tmp_path).cell()


def test_state_follows_the_files(tmp_path):
    folder = CellFolder(tmp_path)
    assert CellFolder(tmp_path / "absent").state() == "open"
    folder.failed.touch()
    assert folder.state() == "failed"
    folder.done.touch()
    assert folder.state() == "finished"
    folder.failed.unlink()
    assert folder.state(keep_models=True) == "open"
    (tmp_path / "modules.json").touch()
    assert folder.state(keep_models=True) == "finished"
