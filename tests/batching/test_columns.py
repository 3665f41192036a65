import pickle
from functools import partial

import pytest
from datasets import ClassLabel, Dataset, Features, Value
from sentence_transformers import SentenceTransformerTrainer

from beir_hybrid.batching.columns import Columns, hide, language_hint, read_texts, reset_by_host, shown, texts_of

TEXTS = ["anchor", "positive"]


def name_adder(**given):
    """The transform that the host sets on datasets of a dict."""
    return partial(SentenceTransformerTrainer.add_dataset_name_transform, dataset_name="a", **given)


def shorten(batch):
    return {"question": [text[:2] for text in batch["anchor"]], "answer": batch["positive"], "group": batch["group"]}


@pytest.fixture
def dataset():
    return Dataset.from_dict(
        {
            "anchor": ["one?", "two?"],
            "positive": ["one.", "two."],
            "anchor_language": ["en", "en"],
            "positive_language": ["en", "de"],
            "group": [1, 2],
            "label": [0, 1],
        }
    )


@pytest.mark.parametrize(
    "form",
    [
        lambda data: data,
        lambda data: data.with_format(columns=[*TEXTS, "group", "label"]),
        lambda data: data.with_format("numpy", columns=["label"], output_all_columns=True),
        lambda data: data.with_transform(name_adder()),
        lambda data: data.with_transform(name_adder(), columns=[*TEXTS, "group", "label"]),
        lambda data: data.with_transform(name_adder(), columns=["label"], output_all_columns=True),
    ],
    ids=["none", "columns", "type", "host", "host-columns", "host-all"],
)
def test_hidden_columns_are_those_that_are_no_texts(dataset, form):
    formed = form(dataset)
    before = formed[1]
    hidden = hide(formed, Columns())
    assert hidden
    assert {"group"} <= set(hidden) <= {"anchor_language", "positive_language", "group"}
    assert formed[1] == {name: value for name, value in before.items() if name not in hidden}
    assert shown(formed) == [name for name in before if name not in (*hidden, "dataset_name")]
    assert {*TEXTS, "label"} <= formed[0].keys()
    assert hide(formed, Columns()) == []
    assert formed.with_format(None)["group"] == [1, 2]


def test_columns_that_a_transform_reads_stay_for_it(dataset):
    dataset.set_transform(shorten)
    hide(dataset, Columns())
    assert dataset[0] == {"question": "on", "answer": "one."}
    pickle.loads(pickle.dumps(dataset.format["format_kwargs"]))  # as workers get it
    assert texts_of(dataset, Columns()) == ["question", "answer"]


@pytest.mark.parametrize("inner", [False, True], ids=["set-by-the-user", "kept-by-the-host"])
def test_texts_of_a_transform_are_read_through_it(dataset, inner):
    dataset.set_transform(name_adder(transform=shorten) if inner else shorten)
    texts = read_texts(dataset, ["question", "positive"])
    assert texts["question"].to_pylist() == ["on", "tw"]
    assert texts["positive"].to_pylist() == ["one.", "two."]
    assert not reset_by_host(dataset)


def test_group_that_is_the_label_reaches_the_loss(dataset):
    labelled = dataset.remove_columns("group")
    hide(labelled, Columns(group="label"))
    assert labelled[0].keys() == {*TEXTS, "label"}


def test_second_label_is_not_the_label(dataset):
    scored = dataset.rename_column("group", "score")  # the host takes the first of the two, and encodes the other
    hide(scored, Columns(group="score"))
    assert scored[0].keys() == {*TEXTS, "label"}


def test_host_is_found_to_have_shown_hidden_columns(dataset):
    assert not reset_by_host(dataset)
    dataset.set_transform(name_adder())
    assert reset_by_host(dataset)
    hide(dataset, Columns())
    assert reset_by_host(dataset)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"lang": ["English", "Thai"]}, "question_column='lang', passage_column='lang'"),
        ({"c": ["en", "de"]}, "question_column='c', passage_column='c'"),
        ({"q": ["en", "de"], "d": ["de", "pt-BR"]}, "question_column='q', passage_column='d'"),
        ({"q": ["en", "de"], "positive_language": ["de", "de"]}, "question_column='q'."),
        ({"q": [0, 1]}, ""),
        ({"q": ["yes", "no"]}, ""),
        ({"language_of_the_text": ["a text that is long enough", "to be no name"]}, ""),
        ({"topic": ["music", "art"]}, ""),
    ],
    ids=["name", "codes", "two", "one-missing", "numbers", "yes-no", "texts", "words"],
)
def test_columns_that_hold_languages_are_found(columns, expected):
    dataset = Dataset.from_dict({"anchor": ["one?", "two?"], **columns})
    wanted = {"question_column": "anchor_language", "passage_column": "positive_language"}
    hint = language_hint(dataset, wanted)
    assert expected in hint
    assert bool(hint) == bool(expected)


def test_class_labels_are_languages_by_their_names():
    features = Features({"a": Value("string"), "l": ClassLabel(names=["en", "de"])})
    dataset = Dataset.from_dict({"a": ["1"], "l": [0]}, features=features)
    assert "question_column='l'" in language_hint(dataset, {"question_column": "x"})
