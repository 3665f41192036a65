import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, MissingDataError
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs


def table(**columns):
    whole = {"group": ["1"], "language": ["en"], "question": ["1?"], "passage": ["One."]}
    return pa.table({**whole, **columns})


def test_length_and_repr_count_pairs_and_groups(pairs):
    assert len(pairs) == 34  # 12 groups in 3 languages, two of which lack one
    assert repr(pairs) == "ParallelPairs('tiny', 12 groups, 34 pairs, languages=('de', 'en', 'es'))"


def test_rows_tell_which_group_has_which_language():
    pairs = ParallelPairs.from_pairs(
        "tiny", [Pair("b", "es", "2?", "Dos."), Pair("a", "de", "1?", "Eins."), Pair("b", "de", "2?", "Zwei.")]
    )
    assert pairs.languages == ("de", "es")
    assert pairs.groups.to_pylist() == ["b", "a"]
    np.testing.assert_array_equal(pairs.numbers.questions, [[2, 0], [1, -1]])


def test_select_keeps_groups_that_have_the_language(pairs):
    chosen = pairs.select(["de"])
    assert chosen.languages == ("de",)
    assert chosen.groups.to_pylist() == [f"g{n}" for n in range(12) if n != 10]
    assert chosen.table["passage"].to_pylist()[0] == "de passage 0"


@pytest.mark.parametrize("languages", [None, ["es", "de", "en"]], ids=["none named", "all named"])
def test_select_of_all_copies_nothing(pairs, languages):
    assert pairs.select(languages) is pairs


def test_select_of_a_missing_language_is_refused(pairs):
    with pytest.raises(LanguageError, match="tiny has no language 'fr'"):
        pairs.select(["fr"])


def test_index_holds_every_example_that_exists(pairs):
    # ten groups in 3 x 3 combinations of languages, two in 2 x 2
    assert pairs.index.size == 10 * 9 + 2 * 4
    assert pairs.index.questions == len(pairs)
    assert pairs.index.answer is None


def test_groups_that_share_a_passage_share_an_answer():
    pairs = ParallelPairs.from_pairs(
        "tiny",
        [
            Pair("a", "en", "Who?", "Me."),
            Pair("a", "de", "Wer?", "Ich."),
            Pair("b", "en", "What?", "That."),
            Pair("c", "de", "Wer denn?", "Ich."),  # the same German sentence as a's
        ],
    )
    a, b, c = pairs.index.answer
    assert a == c != b


def test_group_named_like_another_passage_shares_nothing():
    pairs = ParallelPairs.from_pairs("tiny", [Pair("One.", "en", "1?", "Two."), Pair("b", "en", "2?", "One.")])
    assert pairs.index.answer is None


def test_saved_pairs_come_back_from_disk(pairs, tmp_path):
    path = tmp_path / "deep" / "mine.arrow"
    pairs.save(path)
    opened = ParallelPairs.open(path)
    assert opened.name == "mine"
    assert opened.table.equals(pairs.table)
    assert [file.name for file in path.parent.iterdir()] == ["mine.arrow"]


def test_opened_pairs_stay_on_disk(tmp_path):
    text = "x" * 100_000
    pairs = ParallelPairs.from_pairs("big", [Pair(str(n), "en", "1?", f"{text}{n}") for n in range(50)])
    pairs.save(tmp_path / "big.arrow")
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    try:
        opened = ParallelPairs.open(tmp_path / "big.arrow")
        _, pythons = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert opened.table["passage"].nbytes > 5_000_000
    assert pa.total_allocated_bytes() - before < 500_000
    assert pythons < 500_000


@pytest.mark.parametrize(
    "damage",
    [lambda whole: b"", lambda whole: b"no arrow file at all", lambda whole: whole[: len(whole) // 2]],
    ids=["empty", "text", "cut off"],
)
def test_file_that_is_no_arrow_file_is_told(pairs, tmp_path, damage):
    path = tmp_path / "pairs.arrow"
    pairs.save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataFormatError, match=r"pairs\.arrow is no whole Arrow file"):
        ParallelPairs.open(path)


def test_file_with_a_damaged_footer_is_told(pairs, tmp_path):
    path = tmp_path / "pairs.arrow"
    pairs.save(path)
    content = bytearray(path.read_bytes())
    content[-60:-20] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=r"pairs\.arrow is no whole Arrow file"):
        ParallelPairs.open(path)


def test_missing_file_is_told(tmp_path):
    with pytest.raises(MissingDataError, match="There is no file"):
        ParallelPairs.open(tmp_path / "none.arrow")


def test_further_columns_are_dropped():
    assert ParallelPairs("tiny", table(source=[0.5])).table.column_names == ["group", "language", "question", "passage"]


def test_missing_column_is_named():
    with pytest.raises(DataFormatError, match="no column 'passage', only group, language, question"):
        ParallelPairs("tiny", table().drop_columns("passage"))


@pytest.mark.parametrize(
    ("values", "kind"), [(pa.array([7]), "int64"), (pa.array([None]), "null")], ids=["numbers", "nothing"]
)
def test_column_of_no_strings_is_named(values, kind):
    with pytest.raises(DataFormatError, match=f"the column group holds {kind}"):
        ParallelPairs("tiny", table(group=values))


def test_large_strings_are_strings():
    columns = {name: table()[name].cast(pa.large_string()) for name in ParallelPairs.COLUMNS}
    assert ParallelPairs("tiny", pa.table(columns)).index.size == 1


@pytest.mark.parametrize("column", ParallelPairs.COLUMNS)
@pytest.mark.parametrize("empty", ["", " \n", None], ids=["empty", "blank", "null"])
def test_empty_text_is_named_with_its_row(column, empty):
    rows = {"group": ["1", "2"], "language": ["en", "en"], "question": ["1?", "2?"], "passage": ["One.", "Two."]}
    rows[column][1] = empty
    with pytest.raises(DataFormatError, match=f"tiny: the {column} of row 1 is empty"):
        ParallelPairs("tiny", pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()}))


def test_text_that_is_not_unicode_is_told():
    with pytest.raises(DataFormatError, match="not Unicode"):
        ParallelPairs.from_pairs("tiny", [Pair("1", "en", "\ud800?", "One.")])


def test_no_pair_at_all_is_told():
    with pytest.raises(DataFormatError, match="tiny holds no pair"):
        ParallelPairs.from_pairs("tiny", [])


def test_group_with_a_language_twice_is_refused_before_anything_is_drawn():
    pairs = ParallelPairs.from_pairs(
        "tiny", [Pair("1", "de", "1?", "Eins."), Pair("1", "en", "1?", "One."), Pair("1", "en", "One?", "Uno.")]
    )
    with pytest.raises(DataFormatError, match="the group '1' has 'en' twice"):
        _ = pairs.index


def test_dataset_looks_up_question_and_passage():
    pairs = ParallelPairs.from_pairs("tiny", [Pair("1", "de", "Wer?", "Ich."), Pair("1", "en", "Who?", "Me.")])
    rows = sorted((row["anchor"], row["positive"]) for row in pairs.dataset())
    assert rows == [("Wer?", "Ich."), ("Wer?", "Me."), ("Who?", "Ich."), ("Who?", "Me.")]


def hard(negatives):
    return ParallelPairs.from_pairs("hard", [Pair(f"g{n}", "en", f"q{n}", f"p{n}", negatives(n)) for n in range(4)])


def test_negatives_are_as_many_as_every_pair_has():
    assert hard(lambda n: ("a", "b")[: 1 + n % 2]).negatives == 1
    assert hard(lambda n: ("a",) if n else ()).negatives == 0


def test_negatives_that_answer_the_question_are_passed_over_and_counted():
    pairs = hard(lambda n: ("P2 ", "of nobody", f"p{(n + 1) % 4}", "nor this"))
    assert pairs.negatives == 3  # of g2, and of all
    assert [row["negative_1"] for row in pairs.dataset(negatives=1)] == ["P2 ", "P2 ", "of nobody", "P2 "]
    assert [row["negative_2"] for row in pairs.dataset(negatives=2)] == ["of nobody", "of nobody", "p3", "of nobody"]
    assert [pairs.guarded_index(2).refused(group) for group in range(4)] == [[2], [2], [3], [2]]
    assert [pairs.guarded_index(number).left_out for number in range(4)] == [0, 1, 1, 1]


def test_more_negatives_than_any_pair_has_are_refused():
    with pytest.raises(ConfigurationError, match="3 negatives are asked for, and no pair of hard has more than 2"):
        hard(lambda n: ("a", "b")).dataset(negatives=3)
    with pytest.raises(ConfigurationError, match="-1 negatives are asked for"):
        hard(lambda n: ("a", "b")).guarded_index(-1)


def test_pairs_of_which_all_negatives_answer_the_question_are_told_with_what_leaves_them_out():
    with pytest.raises(ConfigurationError, match="1 of 4 pairs of hard have no negative that does not answer") as told:
        hard(lambda n: ("p2",)).dataset(negatives=1)
    assert "such as one of the group 'g2'" in str(told.value)
    assert "beir-hybrid data filter DATA --negatives 1" in str(told.value)


def test_negatives_of_pairs_with_fewer_are_repeated_and_counted():
    pairs = hard(lambda n: ("a", "b", "c")[: 1 + n % 3])
    assert [row["negative_3"] for row in pairs.dataset(negatives=3)] == ["a", "a", "c", "a"]
    assert [pairs.guarded_index(number).repeated for number in range(4)] == [0, 0, 2, 3]
    notices = BatchPlan(pairs.guarded_index(3), build_strategy("x-x-mono"), 2).notices
    assert "hard: 3 pairs have fewer hard negatives than asked for: theirs are repeated." in notices


def test_negative_that_answers_the_same_question_in_another_group_is_passed_over():
    rows = [
        ("a", "Who?", "She.", ("He.", "No.")),
        ("b", "who? ", "He.", ("It.", "No.")),
        ("c", "What?", "It.", ("No.",)),
    ]
    pairs = ParallelPairs.from_pairs("tiny", [Pair(group, "en", *texts) for group, *texts in rows])
    assert pairs.dataset(negatives=1)["negative_1"] == ["No.", "It.", "No."]


def test_negative_in_another_language_that_answers_the_question_is_passed_over():
    texts = {"en": ("Who?", "Me.", ("Ich.", "No.")), "de": ("Wer?", "Ich.", ("Nein.",))}
    pairs = ParallelPairs.from_pairs("tiny", [Pair("a", code, *rest) for code, rest in texts.items()])
    assert set(pairs.dataset(negatives=1)["negative_1"]) == {"No.", "Nein."}


def test_passages_equal_but_for_case_width_and_blanks_share_an_answer():
    texts = ["It is Ｂ１.", "it is  b1.\n", "It is B2."]
    pairs = ParallelPairs.from_pairs("tiny", [Pair(f"g{n}", "en", f"{n}?", text) for n, text in enumerate(texts)])
    first, second, third = pairs.index.answer
    assert first == second != third


def test_guarded_index_knows_whose_passages_are_the_negatives_that_are_used():
    pairs = hard(lambda n: (f"p{(n + 1) % 4}", "of nobody", f"p{(n + 2) % 4}"))
    assert [pairs.guarded_index(2).refused(group) for group in range(4)] == [[1], [2], [3], [0]]
    assert [pairs.guarded_index(3).refused(group) for group in range(4)] == [[1, 2], [2, 3], [0, 3], [0, 1]]
    assert pairs.guarded_index(0) is pairs.index
    assert pairs.index.refused(0) == []


def test_negatives_survive_a_file(tmp_path):
    hard(lambda n: ("a", "b")).save(tmp_path / "hard.arrow")
    assert ParallelPairs.open(tmp_path / "hard.arrow").negatives == 2


def test_groups_with_the_same_question_share_an_answer():
    rows = [("a", "Who?", "She."), ("b", "Who?", "He."), ("c", "What?", "It.")]
    pairs = ParallelPairs.from_pairs("tiny", [Pair(group, "en", question, text) for group, question, text in rows])
    first, second, third = pairs.index.answer
    assert first == second != third


@pytest.mark.parametrize(
    "pair", [Pair(1, "en", "One?", "One."), Pair("1", "en", "One?", b"One.", (7,)), Pair("1", "en", 1.5, "One.")]
)
def test_pair_of_anything_but_texts_is_told(pair):
    with pytest.raises(DataFormatError, match="tiny holds what is no text: "):
        ParallelPairs.from_pairs("tiny", [pair])
