import inspect
import subprocess
import sys

import pytest
from beir.datasets.data_loader import GenericDataLoader

from beir_hybrid.datasets import load_dataset
from beir_hybrid.datasets.beir.collection_loader import (
    CollectionLoader,
    MIRACLLoader,
    MLQARLoader,
    SampleLoader,
    XQuADRLoader,
)
from beir_hybrid.errors import ConfigurationError, LanguageError, UnknownNameError


@pytest.mark.parametrize(
    ("setting", "queries", "corpus"),
    [("", None, None), ("de", "de", "de"), ("en-de", "en", "de"), ("en-all", "en", None)],
)
def test_loader_gives_beirs_three_dicts(setting, queries, corpus):
    loader = SampleLoader(setting)
    assert (loader.corpus, loader.queries, loader.qrels) == ({}, {}, {})
    found = loader.load(split="test")
    assert found == load_dataset("sample").beir(queries, corpus)
    assert found == (loader.corpus, loader.queries, loader.qrels)


def test_every_method_of_beirs_loader_can_be_called_alike():
    for name in ("load", "load_custom", "load_corpus"):
        theirs = inspect.signature(getattr(GenericDataLoader, name)).parameters
        assert list(inspect.signature(getattr(CollectionLoader, name)).parameters) == list(theirs)
    assert {"corpus", "queries", "qrels"} <= vars(SampleLoader()).keys()


def test_load_custom_gives_the_usual_split():
    assert SampleLoader("th").load_custom() == SampleLoader("th").load(split="test")


def test_load_corpus_gives_the_corpus_alone():
    loader = SampleLoader("en-all")
    corpus = loader.load_corpus()
    assert corpus == load_dataset("sample").beir("en")[0]
    assert loader.corpus is corpus
    assert (loader.queries, loader.qrels) == ({}, {})


def test_each_split_is_loaded_alone():
    loader = SampleLoader("de")
    train = loader.load(split="train")
    assert loader.load(split="test") == load_dataset("sample", split="test").beir("de", "de")
    assert loader.load(split="train") == train
    assert (len(train[0]), len(loader.load()[1])) == (132, 74)


def test_split_is_read_once(monkeypatch):
    from beir_hybrid.datasets.sample import Sample

    read, seen = Sample._read, []
    monkeypatch.setattr(Sample, "_read", lambda self, *rest: seen.append(rest[:2]) or read(self, *rest))
    loader = SampleLoader("de")
    loader.load_corpus()
    loader.load(split="test")
    assert seen == [("de", "test")]


@pytest.mark.parametrize(
    ("loader", "name"),
    [
        (XQuADRLoader("en-de"), "xquad-r.en-de"),
        (XQuADRLoader("xquad-r.en-de"), "xquad-r.en-de"),
        (XQuADRLoader("xquad-r"), "xquad-r"),
        (MLQARLoader(), "mlqa-r"),
        (MIRACLLoader("sw"), "miracl.sw"),
        (SampleLoader("en-all"), "sample.en-all"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_named_loaders_name_their_dataset(loader, name):
    assert loader.name == name
    assert repr(loader) == f"{type(loader).__name__}({name!r})"


def test_wrong_split_names_those_there_are():
    with pytest.raises(ConfigurationError, match=r"xquad-r has no split 'train'\. Known: test"):
        XQuADRLoader("en-de").load(split="train")
    with pytest.raises(ConfigurationError, match=r"no split 'tset'\. Did you mean 'test'"):
        SampleLoader().load(split="tset")


def test_miracl_names_its_splits(tmp_path):
    base = tmp_path / "miracl-v1.0-sw"
    for kind in ("topics", "qrels"):
        (base / kind).mkdir(parents=True)
        (base / kind / f"{kind}.{base.name}-dev.tsv").write_text("")
    with pytest.raises(ConfigurationError, match=r"no files of the split 'test' in 'sw' .*Known: dev"):
        MIRACLLoader("sw", source=tmp_path).load(split="test")


@pytest.mark.parametrize(
    ("setting", "message"),
    [("en-xx", "sample has no setting 'en-xx'"), ("cross", "sample has no setting 'cross'"), ("no", "no setting 'no'")],
)
def test_wrong_setting_is_told_before_anything_is_loaded(setting, message):
    with pytest.raises(UnknownNameError, match=message):
        SampleLoader(setting)


def test_languages_choose_the_pool():
    corpus, queries, _ = SampleLoader("en-all", languages=["en", "th"]).load()
    assert (len(corpus), len(queries)) == (148, 74)
    with pytest.raises(LanguageError):
        SampleLoader(languages=["xx"]).load()


def test_options_reach_the_dataset():
    with pytest.raises(ConfigurationError, match="'sample' has no option 'passage_text'"):
        SampleLoader("de", passage_text="sentence").load()
    with pytest.raises(ConfigurationError, match=r"The split 'train' is given to the loader\. Pass it to load"):
        SampleLoader("de", split="train")


def test_loaders_import_neither_beir_nor_torch():
    code = (
        "import sys; from beir_hybrid.datasets.beir.collection_loader import SampleLoader; SampleLoader('de').load(); "
        "print(sorted({'beir', 'torch', 'datasets', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("setting", ["en-de", "th", "ru-all"])
def test_real_data_agree_with_the_collection(data, setting):
    queries, _, corpus = setting.partition("-")
    corpus = queries if not corpus else None if corpus == "all" else corpus
    assert XQuADRLoader(setting).load(split="test") == load_dataset("xquad-r").beir(queries, corpus)
