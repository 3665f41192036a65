import pytest

from beir_hybrid.datasets import Dataset, TrainingDataset
from beir_hybrid.registry import DATASETS


@pytest.mark.parametrize("name", ["mlqa-r", "sample", "xquad-r"])
def test_built_in_dataset_is_what_a_dataset_is(name):
    dataset = DATASETS.get(name)
    assert isinstance(dataset, TrainingDataset)
    assert dataset.name == name
    assert dataset.description
    assert "\n" not in dataset.description
    assert dataset.licence
    assert list(dataset.languages) == sorted(dataset.languages)


def test_anything_else_is_not():
    assert not isinstance(object(), Dataset)
