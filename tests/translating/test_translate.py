import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from beir_hybrid.errors import LanguageError, OutputError
from beir_hybrid.formats import load_pairs
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.storage.pair_store import PairStore
from beir_hybrid.translating import TranslationMemory, TranslationOptions, translate_pairs
from beir_hybrid.translating.forecast import forecast_translation

from .toy_translator import Upper

OPTIONS = TranslationOptions("en", ("de", "sw"))
SCRIPT = Path(__file__).with_name("killed_script.py")


@pytest.fixture
def upper():
    return Upper()


@pytest.fixture
def pairs():
    mined = {"negatives": ("No.", "Nein."), "negative_languages": ("en", "de"), "negative_scores": (0.5, 0.25)}
    rows = [
        Pair("1", "en", "Who?", "Me.", score=0.75, **mined),
        Pair("2", "en", "Where?", "Here.", score=0.5, negatives=("Me.",), negative_scores=(0.1,)),
        Pair("2", "de", "Wo?", "Hier."),
        Pair("3", "fr", "Quand ?", "Hier."),
        Pair("4", "en", "Why?", "Darum.", passage_language="de"),
    ]
    return ParallelPairs.from_pairs("pairs", rows)


def rows_of(store):
    return {(row["group"], row["language"]): row for row in store.table(store.columns).to_pylist()}


def test_groups_scores_and_negatives_come_back_translated(tmp_path, pairs, upper):
    done = translate_pairs(pairs, lambda: upper, tmp_path / "store", OPTIONS, memory=tmp_path / "memory")
    rows = rows_of(PairStore(tmp_path / "store"))
    assert len(rows) == 5 + 3
    assert rows["1", "en"]["question"] == "Who?"
    assert rows["1", "de"] == {
        "group": "1",
        "language": "de",
        "question": "de WHO?",
        "passage": "de ME.",
        "passage_language": None,
        "score": 0.75,
        "negatives": ["de NO.", "Nein."],
        "negative_languages": ["de", "de"],
        "negative_scores": [0.5, 0.25],
    }
    assert rows["2", "sw"]["negatives"] == ["sw ME."]
    assert rows["2", "sw"]["negative_scores"] == [0.1]
    assert rows["2", "de"]["question"] == "Wo?"  # which it had
    assert ("3", "de") not in rows  # another language's
    assert [(each.language, each.rows, each.there) for each in done.languages] == [("de", 1, 1), ("sw", 2, 0)]
    assert done.apart == 1
    assert load_pairs(tmp_path / "store").languages == ("de", "en", "fr", "sw")


def test_store_says_by_which_model_it_was_translated_and_its_licence(tmp_path, pairs, upper):
    about = {"engine": "toy", "model": "upper"}
    words = {"memory": tmp_path / "memory", "about": about}
    first = translate_pairs(pairs, lambda: upper, tmp_path / "store", OPTIONS, **words).store
    [[_, identity]] = first.about["sources"]
    assert identity["translated"]["licence"] == "cc-by-4.0"
    assert identity["translated"]["model"] == "upper"
    again = TranslationOptions("en", ("fi",))
    second = translate_pairs(load_pairs(tmp_path / "store"), lambda: upper, tmp_path / "second", again, **words).store
    [[_, identity]] = second.about["sources"]
    assert identity["sources"] == first.about["sources"]  # where its pairs are from


def test_what_the_memory_has_is_not_translated_again(tmp_path, pairs, upper):
    translate_pairs(pairs, lambda: upper, tmp_path / "store", OPTIONS, memory=tmp_path / "memory")
    asked = [text for texts in upper.seen for text in texts]
    assert sorted(asked) == sorted(["Who?", "Me.", "No.", "Who?", "Me.", "No.", "Where?", "Here."])
    upper.seen.clear()
    done = translate_pairs(pairs, lambda: upper, tmp_path / "other", OPTIONS, memory=tmp_path / "memory")
    assert upper.seen == []
    assert [(each.texts, each.translated) for each in done.languages] == [(3, 0), (5, 0)]
    assert rows_of(PairStore(tmp_path / "store")) == rows_of(PairStore(tmp_path / "other"))


def test_shards_share_the_texts_and_fill_one_memory(tmp_path, pairs):
    asked = []
    for part in range(3):
        upper = Upper()
        done = translate_pairs(pairs, lambda: upper, None, OPTIONS, memory=tmp_path / "memory", shard=(part, 3))  # noqa: B023
        assert done.store is None
        asked += [text for texts in upper.seen for text in texts]
    assert len(asked) == 8
    upper = Upper()
    translate_pairs(pairs, lambda: upper, tmp_path / "store", OPTIONS, memory=tmp_path / "memory")
    assert upper.seen == []


def test_long_passages_are_split_into_sentences_and_joined(tmp_path, upper):
    pytest.importorskip("sentencex")
    text = "One two three four. Five six seven eight.\nNine ten. " + "and " * 20 + "end."
    rows = [Pair("1", "en", "Who?", text)]
    options = TranslationOptions("en", ("de",), split_above=10)
    words = {"memory": tmp_path / "memory"}
    store = translate_pairs(
        ParallelPairs.from_pairs("long", rows), lambda: upper, tmp_path / "s", options, **words
    ).store
    parts = [text for texts in upper.seen for text in texts]
    assert max(map(len, map(str.split, parts))) <= Upper.longest
    passage = rows_of(store)["1", "de"]["passage"]
    assert passage.startswith("de ONE TWO THREE FOUR. de FIVE SIX SEVEN EIGHT.\nde NINE TEN. de AND AND")
    assert [word for word in passage.split() if word != "de"] == text.upper().split()


def test_batches_have_no_more_tokens_than_asked_for(tmp_path, upper):
    rows = [Pair(str(number), "en", f"{number} " + "word " * (number % 7), f"p {number}") for number in range(40)]
    options = TranslationOptions("en", ("de",), batch_tokens=24)
    words = {"memory": tmp_path / "memory"}
    translate_pairs(ParallelPairs.from_pairs("many", rows), lambda: upper, tmp_path / "store", options, **words)
    assert max(max(upper.lengths(texts)) * len(texts) for texts in upper.seen) <= 24
    assert len(upper.seen) < 20


def run(folder, what):
    return subprocess.run([sys.executable, SCRIPT, folder, what], capture_output=True, text=True)


def test_killed_run_is_resumed_to_the_same_store(tmp_path):
    assert run(tmp_path, "kill").returncode == -signal.SIGKILL
    resumed = run(tmp_path, "store")
    whole = run(tmp_path, "whole")
    assert whole.returncode == resumed.returncode == 0, resumed.stderr
    assert int(resumed.stdout) < int(whole.stdout) == 200
    for path in (tmp_path / "whole").iterdir():
        if path.suffix != ".json":
            assert path.read_bytes() == (tmp_path / "store" / path.name).read_bytes()
    assert PairStore(tmp_path / "store").about["checksum"] == PairStore(tmp_path / "whole").about["checksum"]


def test_two_memories_see_what_each_other_adds(tmp_path):
    one, other = TranslationMemory(tmp_path), TranslationMemory(tmp_path)
    one.add({"a": "A"})
    other.add({"b": "B"})
    assert one.get(["a", "b"]) == ["A", None]
    one.refresh()
    assert one.get(["a", "b", "c"]) == ["A", "B", None]
    assert len(list(tmp_path.iterdir())) == 2


def test_memory_merges_what_is_recent_and_still_finds_it(tmp_path, monkeypatch):
    monkeypatch.setattr("beir_hybrid.translating.memory._RECENT", 16)
    memory = TranslationMemory(tmp_path)
    texts = [f"text {number}" for number in range(100)]
    for start in range(0, 100, 7):
        memory.add({text: text.upper() for text in texts[start : start + 7]})
    assert memory.get(texts) == [text.upper() for text in texts]
    assert TranslationMemory(tmp_path).missing([*texts, "other"]) == ["other"]


def test_damaged_record_is_passed_over(tmp_path):
    memory = TranslationMemory(tmp_path)
    memory.add({"a": "A" * 50, "b": "B"})
    memory.close()
    [path] = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert TranslationMemory(tmp_path).get(["a", "b"]) == ["A" * 50, None]


def test_forecast_counts_texts_and_writes_nothing(tmp_path, pairs, upper):
    german, swahili = forecast_translation(pairs, upper, OPTIONS, memory=tmp_path / "memory")
    assert (german.rows, german.texts, german.characters, german.known) == (1, 3, 10, 0)
    assert (swahili.rows, swahili.texts, swahili.sampled) == (2, 5, 5)
    assert swahili.seconds > 0
    assert not (tmp_path / "memory").exists()
    translate_pairs(pairs, lambda: upper, tmp_path / "store", OPTIONS, memory=tmp_path / "memory")
    german, _ = forecast_translation(pairs, upper, OPTIONS, memory=tmp_path / "memory")
    assert (german.known, german.seconds) == (3, 0.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (TranslationOptions("ru", ("de",)), "pairs has no language 'ru'."),
        (TranslationOptions("en", ("de", "xx")), "It has no language 'xx'."),
    ],
    ids=["source", "target"],
)
def test_language_that_data_or_model_lack_is_refused(tmp_path, pairs, upper, options, message):
    with pytest.raises(LanguageError, match=message):
        translate_pairs(pairs, lambda: upper, tmp_path / "store", options, memory=tmp_path / "memory")
    assert not (tmp_path / "store").exists()


def test_full_disk_is_told_and_what_is_written_stays(tmp_path, pairs, upper):
    memory = TranslationMemory(tmp_path)
    memory.add({"first": "whole"})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
        with pytest.raises(OutputError, match="cannot be written: File too large"):
            memory.add({"second": "x" * 1000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    memory.add({"third": "in a new file"})
    assert TranslationMemory(tmp_path).get(["first", "second", "third"]) == ["whole", None, "in a new file"]


def test_folder_that_holds_something_else_is_refused(tmp_path, pairs, upper):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="holds something else"):
        translate_pairs(pairs, lambda: upper, tmp_path, OPTIONS, memory=tmp_path / "memory")
