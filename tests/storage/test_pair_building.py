"""Stores of pairs: what they hold is what a reading into memory holds, whatever happens while they are built."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.errors import DataFormatError, LanguageError, OutputError
from beir_hybrid.pairs import Pair, ParallelPairs, open_pairs
from beir_hybrid.storage import pair_writer
from beir_hybrid.storage.pair_building import RowBatch, RowSource, build_store
from beir_hybrid.storage.pair_rows import SCHEMA


def source(rows, name="made up", size=7):
    """Rows of dicts, some at a time."""

    def batches():
        for start in range(0, len(rows), size):
            yield RowBatch(pa.RecordBatch.from_pylist(rows[start : start + size], schema=SCHEMA))

    return RowSource(name, len(rows), batches)


def as_rows(pairs):
    return [{name: value for name, value in pair._asdict().items() if value} for pair in pairs]


def made_up(groups=40, languages=("de", "en", "fr"), negatives=0):
    """Groups of which some lack a language, some share an answer or a question; negatives some of which answer."""
    rng = np.random.default_rng(0)
    return [
        Pair(
            f"g{group}",
            language,
            f"{language} question {group % 37}?",
            f"{language} passage {group % 25}",
            tuple(f"{language} passage {number}" for number in rng.integers(50, size=negatives)),
        )
        for group in rng.permutation(groups).tolist()
        for language in languages
        if (group + len(language)) % 5 or language == "en"
    ]


@pytest.mark.parametrize("negatives", [0, 6], ids=["no negatives", "negatives"])
@pytest.mark.parametrize("languages", [None, ["fr", "de"]], ids=["all", "some"])
def test_store_draws_the_batches_of_memory(tmp_path, negatives, languages, monkeypatch):
    monkeypatch.setattr(pair_writer, "SHARD_ROWS", 20)
    pairs = made_up(negatives=negatives)
    build_store([source(as_rows(pairs))], tmp_path / "store", name="tiny")
    stored, memory = open_pairs(tmp_path / "store"), ParallelPairs.from_pairs("tiny", pairs)
    assert repr(stored) == repr(memory)
    assert stored.groups.to_pylist() == memory.groups.to_pylist()
    if languages is None:
        assert stored.checksum == memory.checksum
        np.testing.assert_array_equal(stored.numbers.answers, memory.numbers.answers)
    stored, memory = stored.select(languages), memory.select(languages)
    assert (stored.languages, len(stored)) == (memory.languages, len(memory))
    # the store knows of answers that are shared in languages that were not chosen
    assert stored.negatives <= memory.negatives
    assert stored.negatives == memory.negatives or languages
    hard = min(stored.negatives, 2)
    plans = [BatchPlan(each.guarded_index(hard), "hybrid", 4) for each in (stored, memory)]
    datasets = [each.dataset(negatives=hard) for each in (stored, memory)]
    if languages is None:
        for step in range(len(plans[0])):
            rows = [plan.batch(1, step).rows for plan in plans]
            np.testing.assert_array_equal(*rows)
            assert datasets[0][rows[0].tolist()] == datasets[1][rows[1].tolist()]
    assert stored.table.sort_by("question").equals(memory.table.sort_by("question"))


def test_texts_are_found_at_any_row_and_in_any_order(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_writer, "SHARD_ROWS", 16)
    pairs = made_up(200)
    store = build_store([source(as_rows(pairs), size=5)], tmp_path / "store")
    assert len(store.about["shards"]) > 10
    rng = np.random.default_rng(0)
    for size in (1, 3, 100, 400):
        rows = rng.integers(len(pairs), size=size)
        assert store.rows.take("passage", rows).to_pylist() == [pairs[row].passage for row in rows]


def test_rows_across_languages_make_examples_of_their_own(tmp_path):
    rows = [
        Pair("1", "en", "Who?", "Ich.", passage_language="de", score=0.5),
        Pair("1", "en", "Who?", "Moi.", passage_language="fr"),
        Pair("2", "en", "What?", "This."),
    ]
    build_store([source(as_rows(rows))], tmp_path / "store", name="tiny")
    for pairs in (open_pairs(tmp_path / "store"), ParallelPairs.from_pairs("tiny", rows)):
        assert pairs.languages == ("de", "en", "fr")
        dataset = pairs.dataset()
        assert sorted(zip(dataset["anchor"], dataset["positive"], strict=True)) == [
            ("What?", "This."),
            ("Who?", "Ich."),
            ("Who?", "Moi."),
        ]
        crossing = BatchPlan(pairs.index, "x-y", 1)
        assert {crossing.batch(epoch, step).groups[0] for epoch in range(3) for step in range(2)} == {0}
        assert pairs.table["score"].to_pylist() == [0.5, None, None]


def test_groups_are_told_apart_by_case(tmp_path):
    rows = [{"group": group, "language": "en", "question": f"{group}?", "passage": "Me."} for group in ("a", "A")]
    assert build_store([source(rows)], tmp_path / "store").about["groups"] == 2


def test_unfit_rows_are_left_out_and_counted(tmp_path):
    good = {"group": "1", "language": "en", "question": "Who?", "passage": "Me."}
    rows = [
        good,
        good | {"question": None},
        good | {"passage": "  "},
        good | {"passage": "a\0b"},
        good | {"language": "English, British"},
        good | {"group": "2", "negatives": ["", "x"]},
        good | {"group": "3", "negatives": ["x"], "negative_scores": [1.0, 2.0]},
        good | {"question": "Someone else?"},
        good,
    ]
    store = build_store([source(rows)], tmp_path / "store")
    assert store.about["left_out"] == {
        "NUL in the passage": 1,
        "an empty negative": 1,
        "empty passage": 1,
        "language is not a code": 1,
        "negative_scores are not as many as negatives": 1,
        "no question": 1,
        "the same group and language twice": 2,
    }
    assert len(open_pairs(tmp_path / "store")) == 1


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"group": "1", "language": "en", "question": "", "passage": "Me."}], "1 rows have empty question"),
        ([{"group": "1", "language": "en", "question": q, "passage": "Me."} for q in "ab"], "1 rows repeat a group"),
    ],
    ids=["empty", "repeated"],
)
def test_strict_refuses_what_would_be_left_out(tmp_path, rows, words):
    with pytest.raises(DataFormatError, match=words):
        build_store([source(rows)], tmp_path / "store", strict=True)
    assert not (tmp_path / "store").exists()


def test_data_without_a_row_are_refused_with_the_reasons(tmp_path):
    with pytest.raises(DataFormatError, match=r"No row can be used: empty question \(1\)"):
        build_store([source([{"group": "1", "language": "en", "question": "", "passage": "Me."}])], tmp_path / "store")


def test_interrupted_build_is_continued_and_ends_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_writer, "SHARD_ROWS", 20)
    rows = as_rows(made_up(60))
    whole = build_store([source(rows[:50], "a"), source(rows[50:], "b")], tmp_path / "whole", name="tiny")
    ends_at = []

    def broken(name, part, limit):
        first = source(part, name)

        def batches():
            for number, batch in enumerate(first.batches()):
                if number == limit:
                    raise KeyboardInterrupt
                ends_at.append((name, number))
                yield batch

        return RowSource(name, first.identity, batches)

    for limit in (3, 6):
        with pytest.raises(KeyboardInterrupt):
            build_store([broken("a", rows[:50], 99), broken("b", rows[50:], limit)], tmp_path / "store", name="tiny")
    assert not (tmp_path / "store").exists()
    store = build_store([source(rows[:50], "a"), source(rows[50:], "b")], tmp_path / "store", name="tiny")
    assert ends_at.count(("a", 0)) == 1  # the first source was not read again
    assert store.about["checksum"] == whole.about["checksum"]
    assert [path.name for path in tmp_path.iterdir() if "building" in path.name] == []
    for name in ("questions", "group"):
        np.testing.assert_array_equal(store.array(name), whole.array(name))


def test_left_overs_of_other_sources_are_not_continued(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_writer, "SHARD_ROWS", 5)

    def broken():
        yield from source(as_rows(made_up(10))).batches()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_store([RowSource("other", 0, broken)], tmp_path / "store")
    store = build_store([source(as_rows(made_up(20)))], tmp_path / "store")
    assert store.about["groups"] == 20


@pytest.mark.parametrize("name", ["rows-00000.arrow", "questions.npy", "groups.arrow", "pairs.json"])
def test_damaged_file_is_refused_and_named(tmp_path, name):
    build_store([source(as_rows(made_up(30)))], tmp_path / "store")
    path = tmp_path / "store" / name
    content = bytearray(path.read_bytes())
    content[content.find(b"passage 1") if b"passage 1" in content else len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=name.partition(".")[0]):
        open_pairs(tmp_path / "store").table.validate()


def test_move_that_was_killed_stands_in_nobodys_way(tmp_path):
    left = tmp_path / ".store.building.whole"
    left.mkdir()
    (left / "rows-00000.arrow").write_text("x")
    store = build_store([source(as_rows(made_up(5)))], tmp_path / "store")
    assert store.about["groups"] == 5
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_source_that_cannot_be_read_is_not_called_a_full_disk(tmp_path):
    def batches():
        raise PermissionError(13, "Permission denied", str(tmp_path / "data.jsonl"))
        yield

    with pytest.raises(PermissionError, match=r"data\.jsonl"):
        build_store([RowSource("data.jsonl", 0, batches)], tmp_path / "store")


def test_folder_of_something_else_is_not_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    with pytest.raises(OutputError, match="holds something else"):
        build_store([source(as_rows(made_up(5)))], tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_language_that_the_store_lacks_is_refused(tmp_path):
    build_store([source(as_rows(made_up(5)))], tmp_path / "store")
    with pytest.raises(LanguageError, match="th"):
        open_pairs(tmp_path / "store").select(["th"])


def test_store_says_what_it_was_built_from(tmp_path):
    store = build_store([source(as_rows(made_up(5)), "one.jsonl")], tmp_path / "store")
    about = json.loads((tmp_path / "store" / "pairs.json").read_text())
    assert about["sources"][0][0] == "one.jsonl"
    assert Counter(about["languages"]) == Counter(store.languages)


def test_store_tells_the_lengths_of_memory_and_measures_those_of_a_store_built_without(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_writer, "SHARD_ROWS", 20)
    pairs = made_up()
    build_store([source(as_rows(pairs))], tmp_path / "store", name="tiny")
    lengths = ParallelPairs.from_pairs("tiny", pairs).index.lengths
    assert open_pairs(tmp_path / "store").index.lengths.checksum == lengths.checksum
    some = open_pairs(tmp_path / "store").select(["de", "fr"]).index
    drawn = some.examples(np.arange(some.size))
    same = ParallelPairs.from_pairs("tiny", pairs).select(["de", "fr"]).index
    assert [side.tolist() for side in some.buckets(*drawn)] == [side.tolist() for side in same.buckets(*drawn)]
    about = json.loads((tmp_path / "store" / "pairs.json").read_text())
    del about["arrays"]["lengths.npy"]
    (tmp_path / "store" / "pairs.json").write_text(json.dumps(about))
    (tmp_path / "store" / "lengths.npy").unlink()
    assert open_pairs(tmp_path / "store").index.lengths.checksum == lengths.checksum
