import numpy as np

from beir_hybrid.datasets import load_pairs
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.pairs.examples import example_dataset
from beir_hybrid.pairs.question_translations import untranslated


def test_translation_is_the_groups_question_in_another_language():
    pairs = load_pairs("sample", languages=["de", "en", "es"])
    dataset = example_dataset([pairs], translations=3)
    group = {row["question"]: (row["group"], row["language"]) for row in pairs.table.to_pylist()}
    for row in dataset:
        (asked, language), (other, translated) = group[row["anchor"]], group[row["translation"]]
        assert asked == other
        assert language != translated


def test_all_other_languages_are_drawn_alike():
    pairs = load_pairs("sample", languages=["de", "en", "es"])
    language = {row["question"]: row["language"] for row in pairs.table.to_pylist()}
    rows = example_dataset([pairs], translations=3)
    drawn = [language[row["translation"]] for row in rows if language[row["anchor"]] == "en"]
    assert abs(np.mean([code == "de" for code in drawn]) - 0.5) < 4 * 0.5 / np.sqrt(len(drawn))


def test_draw_follows_from_the_seed_and_the_row_alone():
    pairs = load_pairs("sample", languages=["de", "en", "es"])
    one, again, other = (example_dataset([pairs], translations=seed) for seed in (3, 3, 4))
    assert one[40:60]["translation"] == again[[*range(60, 30, -1)]]["translation"][20:0:-1]
    assert one[:200]["translation"] != other[:200]["translation"]


def test_question_without_another_language_stands_for_itself_and_is_counted():
    rows = [Pair("1", "en", "Who?", "Me."), Pair("2", "en", "Why?", "So."), Pair("2", "de", "Warum?", "Darum.")]
    pairs = ParallelPairs.from_pairs("tiny", rows)
    texts = {row["anchor"]: row["translation"] for row in example_dataset([pairs], translations=0)}
    assert texts == {"Who?": "Who?", "Why?": "Warum?", "Warum?": "Why?"}
    assert untranslated(pairs.numbers) == 1
