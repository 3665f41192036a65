import datasets
import pytest

from beir_hybrid import BatchPlan
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError
from beir_hybrid.formats import build_store
from beir_hybrid.pairs import ParallelPairs, StoredPairs, dataset_source
from beir_hybrid.pairs.dataset_rows import RowColumns, read_dataset

ROWS = {
    "id": [1, 1, 2, 2],
    "lang": ["en", "de", "en", "de"],
    "query": ["Who?", "Wer?", "When?", "Wann?"],
    "positive": ["Me.", "Ich.", "Now.", "Jetzt."],
}
COLUMNS = {"group": "id", "language": "lang", "question": "query", "passage": "positive"}


def dataset(**more):
    return datasets.Dataset.from_dict({**ROWS, **more})


def rows_of(pairs):
    return pairs.table.to_pylist()


def test_columns_are_read_under_the_names_given():
    pairs = ParallelPairs.from_dataset(dataset(), COLUMNS, name="mine")
    assert (pairs.name, pairs.languages, len(pairs.groups)) == ("mine", ("de", "en"), 2)
    assert rows_of(pairs)[1] == {"group": "1", "language": "de", "question": "Wer?", "passage": "Ich."}


def test_stream_gives_what_the_dataset_gives():
    stream = dataset().to_iterable_dataset()
    assert rows_of(ParallelPairs.from_dataset(stream, COLUMNS)) == rows_of(
        ParallelPairs.from_dataset(dataset(), COLUMNS)
    )


def test_stream_of_a_generator_is_read_in_parts(monkeypatch):
    monkeypatch.setattr("beir_hybrid.pairs.dataset_rows._ROWS", 3)
    stream = datasets.IterableDataset.from_generator(lambda: iter(dataset()))
    batches = list(read_dataset(stream, RowColumns({"group": None}), "mine"))
    assert [len(batch.rows) for batch in batches] == [3, 1]
    assert batches[1].rows["group"].to_pylist() == ["3"]


def test_usual_names_need_no_columns():
    plain = dataset().rename_columns({"query": "anchor", "lang": "anchor_language", "id": "group"})
    pairs = ParallelPairs.from_dataset(plain.add_column("positive_language", ROWS["lang"]))
    assert pairs.index.size == 8
    assert "passage_language" not in pairs.table.column_names


def test_rows_of_one_language_each_are_paired_by_reference():
    paired = ParallelPairs.from_dataset(dataset(), {"group": "id"}).dataset()
    assert len(paired) == 8
    assert {(row["anchor"], row["positive"]) for row in paired} >= {("Who?", "Ich."), ("Wann?", "Now.")}


def test_error_about_unpaired_rows_names_what_pairs_them():
    from beir_hybrid.batching.sampler import indexes_of

    rows = dataset().rename_columns({"query": "anchor", "lang": "anchor_language", "id": "group"})
    rows = rows.add_column("positive_language", ROWS["lang"])
    with pytest.raises(BatchError, match=r"ParallelPairs\.from_dataset\(dataset\)\.dataset\(\)"):
        BatchPlan(indexes_of(rows), "x-y", 2)
    assert len(BatchPlan(ParallelPairs.from_dataset(rows).index, "x-y", 2)) > 0


def test_rows_without_a_group_are_groups_of_their_own():
    pairs = ParallelPairs.from_dataset(dataset().remove_columns("id"))
    assert pairs.groups.to_pylist() == ["0", "1", "2", "3"]


def test_language_may_be_one_for_all_rows():
    assert ParallelPairs.from_dataset(dataset(), language="fr").languages == ("fr",)


def test_passages_may_have_a_language_of_their_own():
    pairs = ParallelPairs.from_dataset(dataset(), {"passage_language": "lang"}, language="en")
    assert pairs.table["passage_language"].to_pylist() == [None, "de", None, "de"]


def test_names_of_a_class_label_are_the_languages():
    labelled = dataset().cast_column("lang", datasets.ClassLabel(names=["de", "en"]))
    assert ParallelPairs.from_dataset(labelled, COLUMNS).table["language"].to_pylist() == ROWS["lang"]


@pytest.mark.parametrize(
    "negatives",
    [
        {"hard": [["Not me."], ["Er."], ["Then."], ["Nie."]]},
        {"hard": ["Not me.", "Er.", "Then.", "Nie."]},
        {"hard_1": ["Not me.", "Er.", "Then.", "Nie."], "hard_2": [None, "", None, " "]},
    ],
    ids=["lists", "texts", "numbered"],
)
def test_negatives_come_as_lists_texts_or_several_columns(negatives):
    pairs = ParallelPairs.from_dataset(dataset(**negatives), {**COLUMNS, "negatives": "hard"})
    assert pairs.table["negatives"].to_pylist() == [["Not me."], ["Er."], ["Then."], ["Nie."]]
    assert pairs.negatives == 1


def test_numbered_negatives_keep_the_order_of_their_numbers():
    numbered = {f"negative_{number}": [str(number)] * 4 for number in (10, 2, 1)}
    pairs = ParallelPairs.from_dataset(dataset(**numbered), COLUMNS)
    assert pairs.table["negatives"][0].as_py() == ["1", "2", "10"]


def test_whole_numbers_are_scores():
    assert ParallelPairs.from_dataset(dataset(score=[1, 2, 3, 4])).table["score"].to_pylist() == [1.0, 2.0, 3.0, 4.0]


def test_column_that_is_not_wanted_is_not_read():
    pairs = ParallelPairs.from_dataset(dataset(score=["good"] * 4), {"score": None})
    assert "score" not in pairs.table.column_names


def test_rows_that_cannot_be_used_are_left_out_and_logged(caplog):
    pairs = ParallelPairs.from_dataset(dataset(query=["Who?", None, " ", "Wann?"]), COLUMNS, name="mine")
    assert len(pairs) == 2
    assert [record.getMessage() for record in caplog.records] == [
        "mine: left out 1 rows with empty question.",
        "mine: left out 1 rows with no question.",
    ]


def test_no_usable_row_is_refused():
    with pytest.raises(DataFormatError, match="holds no pair"):
        ParallelPairs.from_dataset(dataset(query=[None] * 4))


def test_missing_columns_are_named_with_the_closest():
    with pytest.raises(DataFormatError, match=r"no column 'qery'.*Did you mean 'query'"):
        ParallelPairs.from_dataset(dataset(), {"question": "qery"})
    with pytest.raises(DataFormatError, match="no column 'language', only id, query, positive"):
        ParallelPairs.from_dataset(dataset().remove_columns("lang"))
    with pytest.raises(ConfigurationError, match=r"no column 'qestion'.*Did you mean 'question'"):
        ParallelPairs.from_dataset(dataset(), {"qestion": "query"})


def test_column_of_another_type_is_refused():
    with pytest.raises(DataFormatError, match="the column score holds string, and score are double"):
        ParallelPairs.from_dataset(dataset(score=["good"] * 4), COLUMNS)


def test_language_is_given_once():
    with pytest.raises(ConfigurationError, match="The language is 'de' and the column 'lang'"):
        ParallelPairs.from_dataset(dataset(), COLUMNS, language="de")


@pytest.mark.parametrize("words", [["question"], ["question=a", "question=b"], ["passage:x"], ["language:"]])
def test_words_that_name_no_column_are_refused(words):
    with pytest.raises(ConfigurationError, match="Name each once"):
        RowColumns.parse(words)


def test_words_say_columns_and_the_language():
    assert RowColumns.parse(["group=id", "score=", "language:de"]) == RowColumns({"group": "id", "score": ""}, "de")


@pytest.mark.parametrize("stream", [False, True])
def test_store_of_a_dataset_holds_its_rows(tmp_path, stream):
    source = dataset_source(dataset().to_iterable_dataset() if stream else dataset(), COLUMNS, name="mine")
    stored = StoredPairs(build_store([source], tmp_path / "store"))
    assert stored.index.size == 8
    assert stored.table.select(["question"]).to_pydict() == {"question": ROWS["query"]}


def test_store_is_resumed_for_a_dataset_of_the_same_fingerprint():
    assert dataset_source(dataset()).identity == dataset_source(dataset()).identity
    assert dataset_source(dataset()).identity != dataset_source(dataset(), {"group": "id"}).identity
    stream = dataset().to_iterable_dataset()
    assert dataset_source(stream).identity != dataset_source(stream).identity
    assert dataset_source(stream, identity="v1").identity == dataset_source(stream, identity="v1").identity
