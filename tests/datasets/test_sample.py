import csv
import re
from importlib.resources import files

import pytest

from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.errors import ConfigurationError, LanguageError
from beir_hybrid.languages import SCRIPTS, letters_by_script

CODES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
ELEMENT_SYMBOLS = {"Ag", "Au", "C", "Cu", "Fe", "H", "He", "Hg", "N", "Na", "O", "Pb"}
FOLDER = files("beir_hybrid.datasets").joinpath("sample")


def texts_of(language):
    rows = load_pairs("sample", languages=[language], split="all").table.to_pylist()
    return [text for row in rows for text in (row["question"], row["passage"])]


def group_table():
    with FOLDER.joinpath("groups.tsv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def test_splits_are_disjoint_and_make_the_whole():
    parts = [set(load_pairs("sample", split=split).groups.to_pylist()) for split in ("train", "dev", "test")]
    assert [len(part) for part in parts] == [132, 14, 74]
    whole = set(load_pairs("sample", split="all").groups.to_pylist())
    assert (set.union(*parts), sum(map(len, parts))) == (whole, len(whole))


def test_every_group_is_there_in_every_language():
    pairs = load_pairs("sample", split="all")
    assert pairs.languages == CODES
    assert len(pairs) == 220 * 11


def test_training_is_on_train_and_evaluation_on_test_unless_told():
    assert len(load_pairs("sample").groups) == 132
    assert len(load_dataset("sample").queries["en"]) == 74


def test_every_group_outside_train_has_its_entity_and_its_relation_in_train():
    trained = {row["group"] for row in group_table() if row["split"] == "train"}
    entities = {(row["kind"], row["group"].rpartition("-")[0]) for row in group_table() if row["group"] in trained}
    relations = {(row["kind"], row["group"].rpartition("-")[2]) for row in group_table() if row["group"] in trained}
    for row in group_table():
        entity, _, relation = row["group"].rpartition("-")
        assert (row["kind"], entity) in entities, row
        assert (row["kind"], relation) in relations, row


def test_dev_has_one_fact_of_every_relation_but_those_of_people_and_each_of_another_entity():
    rows = group_table()
    dev = [row["group"].rpartition("-") for row in rows if row["split"] == "dev"]
    relations = {row["group"].rpartition("-")[2] for row in rows if row["kind"] != "person"}
    assert sorted(relation for _, _, relation in dev) == sorted(relations)
    assert len({entity for entity, _, _ in dev}) == len(dev)


@pytest.mark.parametrize("code", CODES)
def test_texts_are_written_in_their_own_script(code):
    for text in texts_of(code):
        latin_words = set(re.findall("[A-Za-z]+", text))
        scripts = set(letters_by_script(text))
        foreign = scripts - set(SCRIPTS[code])
        assert not foreign or (foreign == {"LATIN"} and latin_words <= ELEMENT_SYMBOLS), text
        assert set(SCRIPTS[code]) <= scripts, text


@pytest.mark.parametrize("code", CODES)
def test_texts_are_unique_and_trimmed(code):
    texts = texts_of(code)
    assert len(set(texts)) == len(texts) == 440
    assert all(text == text.strip() for text in texts)


def test_sample_stays_small():
    assert sum(len(file.read_bytes()) for file in FOLDER.iterdir()) < 500_000


def test_every_query_has_one_relevant_passage_per_chosen_language():
    collection = load_dataset("sample", languages=["th", "en"])
    assert collection.languages == ("th", "en")
    assert len(collection.qrels) == 2 * 74
    for query, judged in collection.qrels.items():
        group = collection.group_of[query]
        assert judged == {f"th:{group}-fact": 1, f"en:{group}-fact": 1}


def test_no_query_has_the_id_of_a_document_since_beir_would_drop_that():
    collection = load_dataset("sample", split="all")
    queries, documents = (
        {identifier for texts in part.values() for identifier in texts}
        for part in (collection.queries, collection.corpora)
    )
    assert len(queries) == len(documents) == 220 * 11
    assert not queries & documents


def test_collection_and_pairs_hold_the_same_texts():
    collection = load_dataset("sample", languages=["el"], split="all")
    rows = load_pairs("sample", languages=["el"], split="all").table.to_pylist()
    assert {f"el:{row['group']}": row["question"] for row in rows} == collection.queries["el"]
    assert {f"el:{row['group']}-fact": row["passage"] for row in rows} == {
        document: passage.text for document, passage in collection.corpora["el"].items()
    }


@pytest.mark.parametrize("load", [load_dataset, load_pairs])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"split": "tests"}, ConfigurationError, "no split 'tests'. Did you mean 'test'"),
        ({"source": "here"}, ConfigurationError, "no source 'here'"),
        ({"languages": ["fr"]}, LanguageError, "no language 'fr'"),
        ({"languages": []}, LanguageError, "No language was chosen"),
    ],
    ids=["split", "source", "unknown language", "no language"],
)
def test_bad_choice_is_refused(load, options, error, message):
    with pytest.raises(error) as caught:
        load("sample", **options)
    assert message in str(caught.value)
