import copy
import pickle

import pyarrow as pa
import pytest

from beir_hybrid.pairs.examples import ExampleTable
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs


@pytest.fixture
def dataset(pairs):
    return pairs.dataset()


@pytest.fixture
def expected():
    """All examples of the tiny pairs, as worked out from which languages each group has."""
    lacking = {10: "de", 11: "es"}
    return [
        {"anchor": f"{question} question {group}", "positive": f"{passage} passage {group}"}
        for group in range(12)
        for question in ("de", "en", "es")
        for passage in ("de", "en", "es")
        if lacking.get(group) not in (question, passage)
    ]


def columns_of(rows):
    return {column: [row[column] for row in rows] for column in ("anchor", "positive")}


def test_length_is_the_number_of_examples(dataset):
    assert len(dataset) == dataset.num_rows == 10 * 9 + 2 * 4
    assert dataset.shape == (98, 2)


def test_rows_are_the_texts_of_the_pairs(dataset, expected):
    assert list(dataset) == expected


def test_row_is_read_by_number(dataset, expected):
    assert [dataset[number] for number in (0, 5, 97, -1)] == [expected[number] for number in (0, 5, 97, -1)]


@pytest.mark.parametrize("key", [98, -99])
def test_row_out_of_range_is_refused(dataset, key):
    with pytest.raises(IndexError):
        dataset[key]


@pytest.mark.parametrize(
    "key", [slice(3, 7), slice(None), slice(90, 200), slice(7, 3), slice(0, 98, 7), slice(-3, None)], ids=str
)
def test_rows_are_read_by_slice(dataset, expected, key):
    assert dataset[key] == columns_of(expected[key])


@pytest.mark.parametrize("key", [[4, 1, 1, 97], [], range(10, 14), (2, 0)], ids=str)
def test_rows_are_read_by_list(dataset, expected, key):
    assert dataset[key] == columns_of([expected[number] for number in key])


def test_column_is_read_by_name(dataset, expected):
    assert list(dataset["positive"]) == [row["positive"] for row in expected]
    assert dataset["anchor"][5] == expected[5]["anchor"]


def test_distinct_values_are_listed(dataset, expected):
    assert dataset.unique("anchor") == list(dict.fromkeys(row["anchor"] for row in expected))


def test_batches_are_iterated(dataset, expected):
    batches = list(dataset.iter(batch_size=40))
    assert [len(batch["anchor"]) for batch in batches] == [40, 40, 18]
    assert batches[2] == columns_of(expected[80:])


def test_selected_columns_are_shown(dataset, expected):
    assert dataset.select_columns(["positive"])[5] == {"positive": expected[5]["positive"]}
    assert len(dataset.select_columns(["positive"])) == 98


def test_removed_columns_are_not_shown(dataset, expected):
    assert dataset.remove_columns("anchor")[5] == {"positive": expected[5]["positive"]}
    assert dataset.column_names == ["anchor", "positive"]


def test_selected_columns_stay_virtual(dataset):
    assert isinstance(dataset.select_columns(["positive"]).data, ExampleTable)


@pytest.mark.parametrize("numbers", [[9, 2, 30], [4, 5, 6], []], ids=["scattered", "contiguous", "none"])
def test_selected_rows_are_shown(dataset, expected, numbers):
    assert list(dataset.select(numbers)) == [expected[number] for number in numbers]


def test_shuffled_rows_are_all_there(dataset, expected):
    shuffled = list(dataset.shuffle(seed=0))
    assert shuffled != expected
    assert sorted(shuffled, key=lambda row: (row["anchor"], row["positive"])) == sorted(
        expected, key=lambda row: (row["anchor"], row["positive"])
    )


def test_format_is_applied(dataset, expected):
    table = dataset.with_format("arrow")[3:6]
    assert isinstance(table, pa.Table)
    assert table.to_pylist() == expected[3:6]


def test_hidden_columns_are_not_read(dataset, expected):
    assert dataset.with_format(None, columns=["anchor"])[5] == {"anchor": expected[5]["anchor"]}


def test_transform_is_applied(dataset, expected):
    transformed = dataset.with_transform(lambda batch: {"upper": [text.upper() for text in batch["anchor"]]})
    assert transformed[5] == {"upper": expected[5]["anchor"].upper()}


def test_rows_are_mapped(dataset, expected):
    mapped = dataset.map(lambda row: {"length": len(row["anchor"])})
    assert list(mapped) == [{**row, "length": len(row["anchor"])} for row in expected]


def test_rows_become_a_data_frame(dataset, expected):
    assert dataset.to_pandas().to_dict("records") == expected


def test_pickled_dataset_is_read_again(dataset, expected):
    assert list(pickle.loads(pickle.dumps(dataset))) == expected


def test_copied_dataset_is_read_again(dataset, expected):
    copied = copy.deepcopy(dataset)
    assert copied[7] == expected[7]
    assert copied.data.sources[0] is dataset.data.sources[0]


def test_reader_gives_all_rows_in_chunks(dataset, expected):
    table = dataset.data.to_reader(max_chunksize=30).read_all()
    assert table.to_pylist() == expected


def test_order_of_rows_in_the_table_does_not_matter_for_the_texts():
    rows = [
        Pair(group, language, f"{language} q{group}", f"{language} p{group}") for group in "ab" for language in "yx"
    ]
    dataset = ParallelPairs.from_pairs("tiny", rows[::-1]).dataset()
    assert list(dataset)[:4] == [  # group b comes first in the reversed table; languages are sorted
        {"anchor": f"{question} qb", "positive": f"{passage} pb"} for question in "xy" for passage in "xy"
    ]


def test_fingerprint_is_the_same_for_the_same_pairs(pairs):
    assert pairs.dataset()._fingerprint == pairs.dataset()._fingerprint


def test_fingerprint_differs_for_other_languages(pairs):
    assert pairs.dataset()._fingerprint != pairs.select(["de", "en"]).dataset()._fingerprint
