import subprocess
import sys

import pytest
from beir.datasets.data_loader import GenericDataLoader

from beir_hybrid.datasets import load_dataset
from beir_hybrid.datasets.beir.export import export_dataset, materialise
from beir_hybrid.datasets.beir.marker import Marker
from beir_hybrid.errors import OutputError, UnknownNameError

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # BEIR leaves its files open


@pytest.mark.parametrize(
    ("setting", "queries", "corpora"),
    [("", None, None), ("th", "th", "th"), ("en-de", "en", "de"), ("en-all", "en", None), ("ar-zh+de", "ar", "zh,de")],
)
def test_beir_reads_back_what_the_collection_holds(tmp_path, setting, queries, corpora):
    name = f"sample.{setting}" if setting else "sample"
    folder = materialise(name, tmp_path)
    assert folder == tmp_path / name
    expected = load_dataset("sample").beir(queries, corpora.split(",") if corpora else None)
    found = GenericDataLoader(str(folder)).load(split="test")
    assert found == expected
    assert [list(part) for part in found] == [list(part) for part in expected]


def test_only_the_languages_of_a_setting_are_loaded(tmp_path, monkeypatch):
    from beir_hybrid.datasets.sample import Sample

    read, seen = Sample._read, []
    monkeypatch.setattr(
        Sample, "_read", lambda self, language, *rest: seen.append(language) or read(self, language, *rest)
    )
    materialise("sample.en-de", tmp_path)
    assert sorted(seen) == ["de", "en"]


def test_split_names_the_qrels(tmp_path):
    folder = export_dataset("sample.de", tmp_path, splits=["train"]).path
    assert [path.name for path in (folder / "qrels").iterdir()] == ["train.tsv"]
    assert GenericDataLoader(str(folder)).load(split="train") == load_dataset("sample", split="train").beir("de", "de")


def test_materialise_takes_what_is_there_unless_other_options_are_given(tmp_path):
    export_dataset("sample", tmp_path, languages=["de", "en"])
    assert Marker.read(materialise("sample", tmp_path)).corpus_languages == ("de", "en")
    assert materialise("sample", tmp_path, languages=("de", "en"), splits=("test",)) == tmp_path / "sample"
    with pytest.raises(OutputError, match="its options"):
        materialise("sample", tmp_path, languages=("de", "es"))


def test_processes_may_materialise_at_once(tmp_path):
    code = (
        "import sys, time; from beir_hybrid.datasets import materialise; "
        "time.sleep(max(0, float(sys.argv[2]) - time.time())); print(materialise('sample', sys.argv[1]))"
    )
    import time

    start = str(time.time() + 3)
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), start], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[0].strip() for process in running] == [str(tmp_path / "sample")] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sample", "sample.zip"]
    assert GenericDataLoader(str(tmp_path / "sample")).load() == load_dataset("sample").beir()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("smple", "There is no dataset 'smple'. Did you mean 'sample'?"),
        ("sample.en-xx", "sample has no setting 'en-xx'."),
        ("sample.ed", "sample has no setting 'ed'. Did you mean 'es-de'?"),
        ("sample.mono", "sample has no setting 'mono'."),
        ("sample.", "sample has no setting ''."),
        ("../sample", "There is no dataset '../sample'."),
    ],
)
def test_unknown_name_is_told_before_anything_is_written(tmp_path, name, message):
    with pytest.raises(UnknownNameError) as caught:
        materialise(name, tmp_path / "out")
    assert str(caught.value).startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_place_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        materialise("sample.de", tmp_path / "file")
    assert "is a file" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["xquad-r.en-de", "xquad-r.th-all", "mlqa-r", "mlqa-r.es-zh"])
def test_real_data_read_back(data, tmp_path, name):
    folder = materialise(name, tmp_path)
    dataset, _, setting = name.partition(".")
    queries, _, corpora = setting.partition("-")
    expected = load_dataset(dataset).beir(queries or None, None if corpora in {"", "all"} else corpora)
    assert GenericDataLoader(str(folder)).load(split="test") == expected
