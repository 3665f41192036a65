import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset
from beir_hybrid.datasets.beir.export import export_dataset
from beir_hybrid.datasets.names import find_data, is_registered
from beir_hybrid.datasets.registered import find_dataset, list_datasets
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
    assert is_registered(name) == (found is not None)
    if found is not None:
        data = find_data(name)
        assert (data.dataset.name, data.setting, data.name) == (*found, name)


@pytest.mark.parametrize("name", ["xquad-r.en-xx", "xquad-r.fr", "mlqa-r.th"])
def test_languages_that_a_dataset_of_ours_lacks_are_told(name):
    dataset, _, setting = name.partition(".")
    with pytest.raises(UnknownNameError, match=f"{dataset} has no setting {setting!r}"):
        is_registered(name)


@pytest.mark.parametrize(
    ("name", "splits"),
    [("xquad-r", ("test",)), ("miracl", ("dev", "train")), ("sample", ("test", "dev", "train", "all"))],
)
def test_datasets_tell_their_splits(name, splits):
    assert find_dataset(name).splits == splits


def test_dataset_that_tells_nothing_can_be_written(tmp_path, registered):
    assert find_dataset("minimal").splits == ("test",)
    assert export_dataset("minimal.en", tmp_path).marker.splits == ("test",)
    with pytest.raises(UnknownNameError, match="minimal has no setting 'de'"):
        export_dataset("minimal.de", tmp_path)
    with pytest.raises(ConfigurationError, match="minimal has no split 'dev'"):
        export_dataset("minimal", tmp_path, splits=["dev"])
    with pytest.raises(ConfigurationError, match="The split 'test' is given twice"):
        export_dataset("sample", tmp_path, splits=["test", "test"])


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
    with pytest.raises(ConfigurationError, match=r"split is 'dev' where several may be. Pass splits=\(NAME, ...\)"):
        find_data("sample.en-de").load_splits(split="dev")
