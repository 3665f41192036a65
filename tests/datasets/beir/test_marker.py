import json

import pytest

from beir_hybrid.datasets.beir.export import materialise
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.datasets.beir.marker import MARKER, Marker

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # BEIR leaves its files open


@pytest.mark.parametrize(
    "change", [{"notes": 1.5}, {"splits": "test"}, {"measures": [1]}, {"files": {"a": {"bytes": 1e999}}}], ids=repr
)
def test_marker_with_other_types_is_none(tmp_path, change):
    folder = materialise("sample.de", tmp_path)
    marker = folder / MARKER
    marker.write_text(json.dumps({**json.loads(marker.read_text()), **change}))
    assert Marker.read(folder) is None
    assert BeirFolder(folder).load().notes == ()


def test_folder_whose_marker_names_what_no_file_can_be_is_not_whole(tmp_path):
    folder = materialise("sample.de", tmp_path)
    marker = json.loads((folder / MARKER).read_text())
    marker["files"]["\ud800"] = {"bytes": 1, "sha256": ""}
    (folder / MARKER).write_text(json.dumps(marker))
    assert not Marker.read(folder).is_whole(folder)
