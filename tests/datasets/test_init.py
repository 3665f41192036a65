import json

import pytest

from beir_hybrid.collection import MultilingualCollection, Passage
from beir_hybrid.datasets import load_dataset, load_pairs, load_setting
from beir_hybrid.errors import ConfigurationError, LanguageError, MissingDataError, UnknownNameError
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.registry import DATASETS


class OnlyToJudge:
    """A plug-in's dataset with no pairs to train on."""

    def load(self, source, languages, flavour="plain"):
        passage = Passage(f"{flavour} {source} {languages}")
        return MultilingualCollection("mine", {"en": {"en:1": passage}}, {"en": {}}, {})


@pytest.fixture
def mine(monkeypatch):
    monkeypatch.setattr(DATASETS, "_called", {})
    DATASETS.register("mine", OnlyToJudge())


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "own.jsonl"
    rows = [{"group": "1", "language": code, "question": f"{code}?", "passage": f"{code}."} for code in ("de", "en")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_source_languages_and_options_reach_the_dataset(mine):
    collection = load_dataset("mine", source="here", languages=["en"], flavour="sweet")
    assert collection.corpora["en"]["en:1"].text == "sweet here ['en']"


def test_unknown_dataset_suggests_the_closest():
    with pytest.raises(UnknownNameError) as caught:
        load_dataset("xquadr")
    assert "There is no dataset 'xquadr'. Did you mean 'xquad-r'?" in str(caught.value)


@pytest.mark.parametrize("name", ["miracl.ws", "miracl.sw-xx", "miracl."])
def test_unknown_setting_is_told_before_anything_is_loaded(monkeypatch, name):
    monkeypatch.setattr(DATASETS.get("miracl"), "load", lambda *_, **__: pytest.fail("loaded"))
    with pytest.raises(UnknownNameError, match="miracl has no setting"):
        load_setting(name)


@pytest.mark.parametrize("load", [load_dataset, load_pairs])
def test_unknown_option_suggests_the_closest(load):
    with pytest.raises(ConfigurationError, match=r"'sample' has no option 'splits'\. Did you mean 'split'"):
        load("sample", splits="test")


def test_dataset_without_pairs_is_told(mine):
    with pytest.raises(ConfigurationError, match=r"The dataset 'mine' has no pairs\(\)"):
        load_pairs("mine")


def test_pairs_of_a_json_lines_file(jsonl):
    pairs = load_pairs(jsonl, languages=["de"])
    assert (pairs.name, pairs.languages) == ("own", ("de",))
    assert pairs.table.to_pylist() == [{"group": "1", "language": "de", "question": "de?", "passage": "de."}]


def test_pairs_of_an_arrow_file(tmp_path):
    path = tmp_path / "own.arrow"
    ParallelPairs.from_pairs("other", [Pair("1", "en", "1?", "One.")]).save(path)
    assert load_pairs(str(path)).table["passage"].to_pylist() == ["One."]


def test_language_that_a_file_lacks_is_told(jsonl):
    with pytest.raises(LanguageError, match="own has no language 'fr'"):
        load_pairs(jsonl, languages=["fr"])


def test_file_takes_no_option(jsonl):
    with pytest.raises(ConfigurationError, match="A file of pairs has no option 'split'"):
        load_pairs(jsonl, split="train")


@pytest.mark.parametrize("name", ["none.jsonl", "none.arrow"])
def test_missing_file_of_pairs_is_told(tmp_path, name):
    with pytest.raises(MissingDataError, match=f"There is no file .*{name}"):
        load_pairs(tmp_path / name)


def test_folder_named_like_a_dataset_does_not_hide_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample").mkdir()
    assert load_pairs("sample", languages=["en"]).name == "sample"
