import pytest

from beir_hybrid.datasets import load_dataset
from beir_hybrid.datasets.beir.export import materialise
from beir_hybrid.datasets.registered import find_dataset, list_datasets
from beir_hybrid.errors import UnknownNameError


@pytest.mark.parametrize(
    ("name", "splits"),
    [("xquad-r", ("test",)), ("miracl", ("dev", "train")), ("sample", ("test", "dev", "train", "all"))],
)
def test_datasets_tell_their_splits(name, splits):
    assert find_dataset(name).splits == splits


def test_listing_tells_what_datasets_tell(registered):
    listings = {listing.name: listing for listing in list_datasets()}
    assert list(listings) == sorted(listings)
    assert listings["xquad-r"].splits == ("test",)
    assert listings["minimal"].to_json() == {
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


def test_adapter_fills_in_what_a_dataset_leaves_out(registered):
    adapter = find_dataset("minimal")
    assert (adapter.languages, adapter.splits, adapter.licence) == ((), ("test",), "")
    assert (adapter.has_splits, adapter.has_pairs) == (False, False)
    assert find_dataset("sample").has_pairs


def test_adapter_of_a_folder_is_named_after_it(tmp_path):
    folder = materialise("sample.de", tmp_path)
    adapter = find_dataset(folder)
    assert (adapter.name, adapter.origin.name, adapter.has_splits) == ("sample.de", str(folder), True)
    with pytest.raises(UnknownNameError):
        find_dataset(folder, folders=False)
