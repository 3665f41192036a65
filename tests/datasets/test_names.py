import pytest

from beir_hybrid.datasets.beir.export import export_dataset
from beir_hybrid.datasets.names import find_data, is_registered
from beir_hybrid.datasets.registered import find_dataset
from beir_hybrid.errors import ConfigurationError, UnknownNameError


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


def test_dataset_that_tells_nothing_can_be_written(tmp_path, registered):
    assert find_dataset("minimal").splits == ("test",)
    assert export_dataset("minimal.en", tmp_path).marker.splits == ("test",)
    with pytest.raises(UnknownNameError, match="minimal has no setting 'de'"):
        export_dataset("minimal.de", tmp_path)
    with pytest.raises(ConfigurationError, match="minimal has no split 'dev'"):
        export_dataset("minimal", tmp_path, splits=["dev"])
    with pytest.raises(ConfigurationError, match="The split 'test' is given twice"):
        export_dataset("sample", tmp_path, splits=["test", "test"])


def test_split_among_the_options_is_refused():
    with pytest.raises(ConfigurationError, match=r"split is 'dev' where several may be. Pass splits=\(NAME, ...\)"):
        find_data("sample.en-de").load_splits(split="dev")
