import sys

import pytest

from beir_hybrid import evaluate, load_dataset, load_pairs
from beir_hybrid.datasets import find_data
from beir_hybrid.datasets.ir_dataset import IrDataset
from beir_hybrid.errors import ConfigurationError, LanguageError, MissingDataError, UnknownNameError
from beir_hybrid.passage import Passage
from beir_hybrid.training import static_model

TEXTS = {
    "de": {"1": "Der Fluss", "2": "Der Berg", "3": "Das Meer"},
    "fr": {"1": "Le fleuve", "2": "La montagne", "3": "La mer"},
}
QRELS = [("7", "1", 1), ("8", "2", 1), ("8", "3", 0)]


@pytest.fixture
def parallel(made_ids):
    """Two ids of the same judgements, as mMARCO has one for each language."""
    for code, texts in TEXTS.items():
        queries = [("7", f"{code} river?"), ("8", f"{code} mountain?"), ("9", f"{code} sky?")]
        made_ids(f"made/{code}/dev", texts.items(), queries, QRELS, lang=code)


@pytest.fixture
def apart(made_ids):
    """Two ids whose queries have the same numbers and are no translations, as Mr. TyDi has."""
    made_ids("apart/sw/test", [("1#0", "mto"), ("2#0", "mlima")], [("0", "mto?")], [("0", "1#0", 1)], lang="sw")
    made_ids("apart/te/test", [("9#4", "nadi"), ("1#0", "konda")], [("0", "nadi?")], [("0", "9#4", 1)], lang="te")


def test_one_id_is_a_dataset_in_the_language_that_ir_datasets_knows(parallel):
    collection = load_dataset("irds:made/de/dev")
    assert collection.name == "made-de-dev"
    assert dict(collection.corpora["de"]) == {f"de:{n}": Passage(text) for n, text in TEXTS["de"].items()}
    assert collection.queries == {"de": {"de:7": "de river?", "de:8": "de mountain?"}}
    assert collection.qrels == {"de:7": {"de:1": 1}, "de:8": {"de:2": 1, "de:3": 0}}


def test_ids_of_the_same_judgements_are_translations(parallel):
    collection = load_dataset("irds:made/*/dev")
    assert collection.group_of["de:7"] == collection.group_of["fr:7"]
    assert collection.qrels["de:7"] == collection.qrels["fr:7"] == {"de:1": 1, "fr:1": 1}
    model = static_model(load_pairs("sample", languages=["de", "en"]), dimensions=8)
    assert set(evaluate(model, collection).settings) == {"de", "fr", "de-fr", "fr-de", "de-all", "fr-all"}


def test_ids_of_other_judgements_are_not_translations(apart):
    collection = load_dataset("irds:apart/sw/test+apart/te/test")
    assert collection.qrels == {"sw:0": {"sw:1#0": 1}, "te:0": {"te:9#4": 1}}
    assert collection.group_of["sw:0"] != collection.group_of["te:0"]


def test_equal_queries_of_several_ids_are_one(made_ids):
    for code in ("fa", "zh"):
        made_ids(f"made/{code}", [("x", f"{code} text")], [("1", "Where?")], [("1", "x", 2)], lang=code)
    collection = load_dataset("irds:made/fa=en-fa+made/zh=en-zh")
    assert collection.queries == {"en": {"en:1": "Where?"}}
    assert collection.qrels == {"en:1": {"fa:x": 2, "zh:x": 2}}


def test_other_queries_of_the_same_id_and_language_are_refused(made_ids):
    for code in ("fa", "zh"):
        made_ids(f"made/{code}", [(f"{code}-x", "text")], [("1", f"{code}?")], [("1", f"{code}-x", 1)], lang=code)
    with pytest.raises(ConfigurationError, match=r"two queries '1' in en: 'fa\?' and 'zh\?'.*one after the other"):
        load_dataset("irds:made/fa=en-fa+made/zh=en-zh")


def test_only_the_languages_chosen_are_read(parallel, made_ids):
    made_ids("made/it/dev", [("1", "Il fiume")], [("7", "it?")], [("7", "1", 1)], lang="it")
    collection = load_dataset("irds:made/*/dev", languages=["it", "fr"])
    assert set(collection.corpora) == {"fr", "it"}
    with pytest.raises(LanguageError, match=r"made-all-dev has no language 'xx'"):
        load_dataset("irds:made/*/dev", languages=["xx"])


def test_codes_of_three_letters_and_those_of_mmarco_are_shortened(made_ids):
    made_ids("made/dt", [("1", "de rivier")], [("7", "rivier?")], [("7", "1", 1)], lang="dt")
    made_ids("made/deu", [("1", "der Fluss")], [("7", "Fluss?")], [("7", "1", 1)], lang="deu")
    assert IrDataset.parse("irds:made/dt+made/deu").languages == ("nl", "de")


def test_language_may_be_given_where_ir_datasets_knows_none(made_ids):
    made_ids("plain", [("1", "Râul")], [("7", "Râu?")], [("7", "1", 1)])
    assert set(load_dataset("irds:plain=ro").corpora) == {"ro"}
    assert IrDataset.parse("irds:plain=en-ro").languages == ("en", "ro")
    with pytest.raises(LanguageError, match=r"does not say the language of the documents of plain.*irds:plain=de"):
        load_dataset("irds:plain")
    with pytest.raises(LanguageError, match=r"'Romanian' is no code"):
        load_dataset("irds:plain=Romanian")


def test_settings_follow_a_dot_and_dots_in_ids_do_not_confuse(parallel):
    assert find_data("irds:made/*/dev.de-fr").name == "made-all-dev.de-fr"
    assert find_data("irds:made/*/dev.mono").setting == "mono"
    with pytest.raises(UnknownNameError, match=r"no id 'made/de/v1.1'"):
        find_data("irds:made/de/v1.1")


@pytest.fixture(autouse=True)
def _some_id(made_ids):
    made_ids("made/docs", [("1", "text")], lang="de")


def test_unknown_ids_are_refused_with_the_closest():
    with pytest.raises(UnknownNameError, match=r"no id 'mmarco/v2/de/dev/smal'. Did you mean 'mmarco/v2/de/dev/small'"):
        load_dataset("irds:mmarco/v2/de/dev/smal")
    with pytest.raises(UnknownNameError, match=r"no id like 'mmarco/v3/\*/train'. Did you mean 'mmarco/v2/"):
        load_dataset("irds:mmarco/v3/*/train")


def test_ids_that_lack_something_are_refused(made_ids):
    made_ids("made/queries", [("1", "text")], [("7", "q?")], lang="de")
    with pytest.raises(ConfigurationError, match="made/docs of ir_datasets has no queries"):
        load_dataset("irds:made/docs")
    with pytest.raises(ConfigurationError, match="made/queries of ir_datasets has no judgements"):
        load_dataset("irds:made/queries")
    with pytest.raises(ConfigurationError, match=r"mmarco/v2/de of ir_datasets has no queries.*mmarco/v2/de/train"):
        load_dataset("irds:mmarco/v2/de")


def test_two_ids_of_one_language_are_refused(made_ids, parallel):
    made_ids("other/de", [("1", "text")], [("7", "q?")], [("7", "1", 1)], lang="de")
    with pytest.raises(ConfigurationError, match=r"made/de/dev and other/de are both in de"):
        load_dataset("irds:made/de/dev+other/de")


def test_rows_that_cannot_be_used_are_counted_and_told(made_ids, caplog):
    qrels = [("7", "1", 1), ("7", "gone", 1), ("8", "1", 1), ("9", "1", 1)]
    made_ids("made/some", [("1", "text")], [("7", "q?"), ("8", " ")], qrels, lang="de")
    collection = load_dataset("irds:made/some")
    assert collection.qrels == {"de:7": {"de:1": 1}}
    assert collection.notes == ("rows of some left out: 4, so that results are not comparable",)


def test_corpora_are_converted_once_for_all_ids_that_share_them(parallel, monkeypatch):
    import ir_datasets

    load_dataset("irds:made/de/dev")
    monkeypatch.setattr(type(ir_datasets.load("made/de/dev").docs_handler()), "docs_iter", None)
    assert len(load_dataset("irds:made/de/dev").corpora["de"]) == 3


def test_subset_holds_the_judged_documents_and_says_so(made_ids):
    made_ids("made/many", [(str(n), f"t {n}") for n in range(50)], [("7", "q?")], [("7", "3", 1)], lang="de")
    assert list(load_dataset("irds:made/many", judged_only=True).corpora["de"]) == ["de:3"]
    collection = load_dataset("irds:made/many", sample_passages=10)
    assert len(collection.corpora["de"]) == 11
    assert "not comparable" in collection.notes[0]


def test_what_ir_datasets_raises_is_explained(made_ids, tmp_path):
    made_ids("made/lost", [("1", "text")], [("7", "q?")], [("7", "1", 1)], lang="de")
    (tmp_path / "made-lost.qrels").unlink()
    with pytest.raises(MissingDataError, match=r"cannot give made/lost \(FileNotFoundError.*IR_DATASETS_HOME"):
        load_dataset("irds:made/lost")


def test_missing_package_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ir_datasets", None)
    with pytest.raises(ConfigurationError, match=r"ir_datasets is needed and not installed.*pip install ir_datasets"):
        load_dataset("irds:mmarco/v2/de/dev/small")


def test_a_source_is_refused(parallel):
    with pytest.raises(ConfigurationError, match=r"made-de-dev has no source 'here'.*IR_DATASETS_HOME"):
        load_dataset("irds:made/de/dev", "here")
