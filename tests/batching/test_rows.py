import logging
from functools import partial

import numpy as np
import pytest
from datasets import ClassLabel, Dataset
from sentence_transformers import SentenceTransformerTrainer

from beir_hybrid.batching.columns import Columns
from beir_hybrid.batching.rows import index_rows
from beir_hybrid.errors import DataFormatError


def rows_of(negative, groups=8, languages=("de", "en"), **columns):
    """Groups in languages, each row with the hard negatives that a function names."""
    rows = [
        {
            "anchor": f"{code} question {group}",
            "positive": f"{code} passage {group}",
            **negative(code, group),
            "anchor_language": code,
            "positive_language": code,
            "group": f"g{group}",
        }
        for group in range(groups)
        for code in languages
    ]
    return Dataset.from_list(rows)


def drawn(index):
    """The dataset rows that can be drawn."""
    return sorted(index.rows(*index.examples(np.arange(index.size))).tolist())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda code, group: f"{code} passage {group}",
        lambda code, group: f"{'en' if code == 'de' else 'de'} passage {group}",
        lambda code, group: f"{code} PASSAGE {group}",
        lambda code, group: f"{code} passage {group} ",
        lambda code, group: f"ｄｅ passage {group}",
    ],
    ids=["own", "translation", "case", "blank", "width"],
)
@pytest.mark.parametrize("column", ["negative_1", "negative_2"])
def test_rows_whose_hard_negative_answers_their_question_are_left_out_and_counted(wrong, column):
    def negatives(code, group):
        found = {"negative_1": f"{code} passage {(group + 1) % 8}", "negative_2": "of nobody"}
        return found | ({column: wrong(code, group)} if group in {2, 5} else {})

    index = index_rows(rows_of(negatives), Columns())
    assert drawn(index) == [row for row in range(16) if row // 2 not in {2, 5}]
    assert index.left_out == 4


def test_negative_of_another_group_with_the_same_question_is_left_out():
    dataset = rows_of(lambda code, group: {"negative": "de passage 1" if group == 0 else "of nobody"})
    assert index_rows(dataset, Columns()).left_out == 0
    texts = [text.replace("question 1", "Question  0") for text in dataset["anchor"]]
    dataset = dataset.remove_columns("anchor").add_column("anchor", texts)
    dataset = dataset.select_columns(["anchor", *(name for name in dataset.column_names if name != "anchor")])
    index = index_rows(dataset, Columns())
    assert index.left_out == 2
    assert drawn(index) == list(range(2, 16))


def test_negatives_of_rows_that_stay_are_guarded_by_the_rows_that_stay():
    def negatives(code, group):
        return {"negative": f"{code} passage {group if group == 3 else (group + 1) % 8}"}

    index = index_rows(rows_of(negatives), Columns())
    assert index.groups == 7
    answers = {group: {int(index.answer[group])} for group in range(7)}
    places = [group for group in range(8) if group != 3]
    for group in range(7):  # each group's negative is the next group's passage
        following = (places[group] + 1) % 8
        expected = answers[places.index(following)] if following in places else set(index.refused(group))
        assert set(index.refused(group)) == expected


def test_rows_all_of_which_have_a_false_negative_are_refused():
    with pytest.raises(DataFormatError, match="Each of the 16 rows has a hard negative that answers its question"):
        index_rows(rows_of(lambda code, group: {"negative": f"de passage {group}"}), Columns())


def test_second_text_is_the_passage_whatever_its_name(caplog):
    dataset = rows_of(lambda code, group: {}).rename_column("positive", "context")
    shared = [text.replace("passage 1", "passage 0") for text in dataset["context"]]
    dataset = dataset.remove_columns("context").add_column("context", shared)
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        index = index_rows(dataset.with_format(columns=["anchor", "context"]), Columns())
    assert caplog.text == ""
    first, second, *others = index.answer.tolist()
    assert first == second
    assert len(set(others)) == 6


def test_only_text_shares_no_answer_and_that_is_told(caplog):
    dataset = rows_of(lambda code, group: {}).with_format(columns=["anchor"])
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        assert index_rows(dataset, Columns()).answer is None
    assert "no second column of texts" in caplog.text


def test_answer_column_that_is_none_is_refused():
    with pytest.raises(
        DataFormatError, match=r"no column 'positiv'\. Correct answer_column=\. Did you mean 'positive'"
    ):
        index_rows(rows_of(lambda code, group: {}), Columns(answer="positiv"))


def test_hidden_answer_column_is_seen():
    dataset = rows_of(lambda code, group: {})
    dataset = dataset.add_column("source", [f"s{row // 4}" for row in range(16)])
    index = index_rows(dataset.with_format(columns=["anchor", "positive"]), Columns(answer="source"))
    assert len(set(index.answer.tolist())) == 4


def test_hidden_columns_are_no_negatives():
    dataset = rows_of(lambda code, group: {"note": f"{code} passage {group}"})
    assert index_rows(dataset.with_format(columns=["anchor", "positive"]), Columns()).left_out == 0


def test_class_labels_are_languages():
    dataset = rows_of(lambda code, group: {})
    labelled = dataset.cast_column("anchor_language", ClassLabel(names=["en", "xx", "de"]))
    index, expected = index_rows(labelled, Columns()), index_rows(dataset, Columns())
    assert index.languages == ("de", "en")
    assert index.checksum == expected.checksum


def test_unknown_class_label_is_an_empty_field():
    dataset = rows_of(lambda code, group: {}).remove_columns("anchor_language")
    labelled = dataset.add_column("anchor_language", [-1] + [0] * 15, feature=ClassLabel(names=["en"]))
    with pytest.raises(DataFormatError, match="'anchor_language' has empty fields"):
        index_rows(labelled, Columns())


def test_missing_language_columns_are_named_where_there_is_one():
    dataset = rows_of(lambda code, group: {}).remove_columns("positive_language")
    dataset = dataset.rename_column("anchor_language", "lang")
    with pytest.raises(
        DataFormatError, match=r"no column 'anchor_language'.* question_column='lang', passage_column='lang'\.$"
    ):
        index_rows(dataset, Columns())


def test_texts_of_a_transform_are_compared():
    dataset = rows_of(lambda code, group: {})

    def shorten(batch):
        return {
            "anchor": batch["anchor"],
            "text": [text.replace("passage 1", "passage 0") for text in batch["positive"]],
        }

    first, second, *_ = index_rows(dataset.with_transform(shorten), Columns()).answer.tolist()
    assert first == second


def test_columns_that_the_host_shows_again_are_told(caplog):
    dataset = rows_of(lambda code, group: {"title": f"title {group}"})
    for name, told in (("title", True), ("negative", False)):
        caplog.clear()
        rows = dataset if name == "title" else dataset.rename_column("title", name)
        adder = partial(SentenceTransformerTrainer.add_dataset_name_transform, dataset_name="a")
        with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
            index_rows(rows.with_transform(adder), Columns())
        assert ("'title' is encoded as a hard negative" in caplog.text) is told
