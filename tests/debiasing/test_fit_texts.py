import pytest

from beir_hybrid.datasets import BeirFolder, load_dataset
from beir_hybrid.debiasing import FitTexts
from beir_hybrid.debiasing import fit_texts as module
from beir_hybrid.errors import BeirHybridError


def test_pairs_give_all_passages_and_the_languages_they_are_there_in(pairs, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 5)
    texts = FitTexts(pairs)
    blocks = list(texts.blocks())
    assert texts.counts() == {"de": 11, "en": 12, "es": 11}
    assert [(code, len(block)) for code, block, _ in blocks][:3] == [("de", 5), ("de", 5), ("de", 1)]
    rows = (zip(block, held.tolist(), strict=True) for _, block, held in blocks)
    there = {text: held for row in rows for text, held in row}
    assert there["en passage 9"] == [True, True, True]
    assert there["en passage 10"] == [False, True, True]  # which is not there in German
    assert there["de passage 11"] == [True, True, False]


def test_folder_without_training_data_gives_its_passages(collection, tmp_path):
    BeirFolder(tmp_path / "mine").write(collection)
    texts = FitTexts.load(tmp_path / "mine")
    assert sorted(texts.counts().items()) == [("de", 5), ("en", 5), ("es", 5)]


def test_collection_says_nothing_of_translations():
    texts = FitTexts(load_dataset("sample", languages=["de", "en"]))
    assert all(there is None for _, _, there in texts.blocks())
    assert sum(len(block) for _, block, _ in texts.blocks()) == sum(texts.counts().values())


def test_what_is_neither_is_refused():
    with pytest.raises(BeirHybridError, match="nowhere"):
        FitTexts.load("nowhere.jsonl")
