import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset
from beir_hybrid.datasets.beir.folder import get_folder
from beir_hybrid.datasets.beir.names import find_setting_name, load_splits, splits_of
from beir_hybrid.datasets.listing import list_datasets
from beir_hybrid.errors import ConfigurationError, UnknownNameError
from beir_hybrid.passage import Passage
from beir_hybrid.registry import DATASETS


class Minimal:
    """A plug-in's dataset that tells nothing of itself."""

    def load(self, source, languages, **options):
        return MultilingualCollection(
            "minimal", {"en": {"en:1": Passage("One.")}}, {"en": {"en:q": "1?"}}, {"en:q": {"en:1": 1}}
        )


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(DATASETS, "_called", {})
    DATASETS.register("minimal", Minimal())


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("xquad-r", ("xquad-r", "")),
        ("xquad-r.de", ("xquad-r", "de")),
        ("xquad-r.en-de", ("xquad-r", "en-de")),
        ("xquad-r.en-all", ("xquad-r", "en-all")),
        ("mlqa-r.en-de+es", ("mlqa-r", "en-de+es")),
        ("miracl.sw", ("miracl", "sw")),
        ("scifact", None),
        ("cqadupstack/android", None),
        ("", None),
        ("sample.v2", None),
        ("sample.", None),
        ("sample.mono-en", None),
        ("sampled", None),
    ],
)
def test_our_names_are_told_from_others(name, found):
    assert find_setting_name(name) == found


@pytest.mark.parametrize("name", ["xquad-r.en-xx", "xquad-r.fr", "mlqa-r.th"])
def test_languages_that_a_dataset_of_ours_lacks_are_told(name):
    dataset, _, setting = name.partition(".")
    with pytest.raises(UnknownNameError, match=f"{dataset} has no setting {setting!r}"):
        find_setting_name(name)


@pytest.mark.parametrize(
    ("name", "splits"),
    [("xquad-r", ("test",)), ("miracl", ("dev", "train")), ("sample", ("test", "dev", "train", "all"))],
)
def test_datasets_tell_their_splits(name, splits):
    assert splits_of(name) == splits


def test_dataset_that_tells_nothing_can_be_written(tmp_path, registered):
    assert splits_of("minimal") == ("test",)
    assert get_folder("minimal.en", tmp_path).splits == ("test",)
    with pytest.raises(UnknownNameError, match="minimal has no setting 'de'"):
        get_folder("minimal.de", tmp_path)
    with pytest.raises(ConfigurationError, match="minimal has no split 'dev'"):
        get_folder("minimal", tmp_path, splits=["dev"])
    with pytest.raises(ConfigurationError, match="The split 'test' is given twice"):
        get_folder("sample", tmp_path, splits=["test", "test"])


def test_listing_tells_what_datasets_tell(registered):
    found = {listing.name: listing for listing in list_datasets()}
    assert list(found) == sorted(found)
    assert found["xquad-r"].splits == ("test",)
    assert found["minimal"].to_json() == {
        "name": "minimal",
        "description": "",
        "languages": (),
        "queries": None,
        "passages": None,
        "splits": ("test",),
        "licence": "",
        "distribution": "",
        "broken": "",
    }


def counts(collection):
    return tuple(sum(map(len, part.values())) for part in (collection.queries, collection.corpora))


def test_sizes_of_the_sample_are_true():
    [listing] = [listing for listing in list_datasets() if listing.name == "sample"]
    assert (listing.queries, listing.passages) == counts(load_dataset("sample"))


@pytest.mark.parametrize("name", ["xquad-r", "mlqa-r"])
def test_sizes_of_the_real_data_are_true(data, name):
    [listing] = [listing for listing in list_datasets() if listing.name == name]
    assert (listing.queries, listing.passages) == counts(load_dataset(name))


def test_split_among_the_options_is_refused():
    with pytest.raises(ConfigurationError, match=r"split is 'dev' where several may be. Give splits=\(NAME, ...\)"):
        load_splits("sample.en-de", split="dev")
