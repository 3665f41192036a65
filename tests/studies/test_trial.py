import pytest

from beir_hybrid.errors import BeirHybridError, ConfigurationError
from beir_hybrid.studies.trial import Trial


def test_plain_content_reads_as_the_same_trial():
    trial = Trial.from_entry({"dataset": "sample", "languages": ["en"], "settings": "mono", "split": "dev"})
    assert trial == Trial("sample", "sample", languages=("en",), settings=("mono",), split="dev")


def test_folder_gives_its_name():
    assert Trial.from_entry({"dataset": "beir/scifact"}).name == "scifact"


def test_languages_and_split_choose_what_is_loaded():
    collection, settings = Trial("few", "sample", languages=("en", "th"), split="dev").load()
    assert collection.languages == ("en", "th")
    assert len(collection.queries["en"]) == 14
    assert settings is None


def test_setting_in_the_datasets_name_is_the_one_scored():
    collection, settings = Trial.from_entry({"dataset": "sample.en-th"}).load()
    assert (collection.languages, settings) == (("en", "th"), ("en-th",))


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "", "a b", "a\n"])
def test_name_that_is_no_folders_is_refused(name):
    with pytest.raises(ConfigurationError, match="named"):
        Trial(name, "sample")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"languages": ["en", False]}, id="norwegian"),
        pytest.param({"measures": []}, id="nothing"),
        pytest.param({"batch_size": 0}, id="batch-size"),
        pytest.param({"dataset": 3}, id="dataset"),
        pytest.param({"split": 3}, id="split"),
        pytest.param({"source": 3}, id="source"),
        pytest.param({"passage_text": ["sentence"]}, id="passage-text"),
        pytest.param({"judged_only": "no"}, id="judged-only"),
        pytest.param({"sample_passages": True}, id="sample-passages"),
    ],
)
def test_wrong_value_is_refused(content):
    with pytest.raises(BeirHybridError):
        Trial.from_entry({"dataset": "sample", **content})
