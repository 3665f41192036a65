import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.formats import load_pairs
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.training.base_models import static_model
from beir_hybrid.translating import TranslationOptions, translate_pairs
from beir_hybrid.translating.guards import GuardOptions, LengthRatios, faults
from beir_hybrid.translating.similarity import EncoderSimilarity

from .toy_translator import Upper

SENTENCE = "The old bridge is in the north of the town."


@pytest.fixture
def usual():
    ratios = LengthRatios()
    ratios.add([SENTENCE] * 40, [SENTENCE[: 30 + number] for number in range(40)])
    return ratios


@pytest.mark.parametrize(
    ("text", "translation", "target", "expected"),
    [
        (SENTENCE, "Die alte Brücke ist im Norden der Stadt.", "de", ""),
        (SENTENCE, "", "de", "empty"),
        (SENTENCE, ". . . . . . .", "de", "empty"),
        ("...", "...", "de", ""),
        (SENTENCE, f" {SENTENCE.upper()}", "de", "copies"),
        ("1984", "1984", "de", ""),
        (SENTENCE, "Die alte Brücke ist im Norden der Stadt.", "ru", "script"),
        (SENTENCE, "Старый мост находится на севере города.", "ru", ""),
        ("Where is the BBC?", "BBC ไหน?", "th", ""),
        (SENTENCE, "Die alte " + "Stadt, die " * 4, "de", "loops"),
        ("ha " * 12, "ha, " * 12, "de", ""),
        (SENTENCE, "Die.", "de", "lengths"),
        (SENTENCE, " ".join(f"Wort{number}" for number in range(60)), "de", "lengths"),
    ],
    ids=str,
)
def test_guard_finds_what_is_wrong_and_nothing_else(usual, text, translation, target, expected):
    assert faults([text], [translation], target, usual, GuardOptions()) == [expected]


def test_lengths_are_judged_by_what_is_usual_in_the_language():
    long, short = SENTENCE * 3, SENTENCE
    ratios = LengthRatios()
    ratios.add([short] * 40, [long] * 40)
    assert ratios.deviations([short], [long])[0] < 0.1
    assert ratios.deviations([short], [short])[0] > 6


def test_some_outliers_move_neither_median_nor_spread(usual):
    before = usual.median, usual.spread
    usual.add([SENTENCE] * 5, [SENTENCE * 100] * 5)
    assert np.allclose(before, (usual.median, usual.spread), atol=0.05)


def test_few_texts_are_not_judged_by_their_lengths():
    ratios = LengthRatios()
    ratios.add([SENTENCE] * 3, [SENTENCE] * 3)
    assert faults([SENTENCE], ["Die."], "de", ratios, GuardOptions()) == [""]


def test_translation_unlike_its_text_is_found_where_something_says_so(usual):
    def similarity(texts, translations):
        return np.array([0.9 if "Brücke" in translation else 0.1 for translation in translations])

    translations = ["Die alte Brücke ist im Norden der Stadt.", "Die neue Rakete ist im Süden der Heide.", ""]
    options = GuardOptions(least_similarity=0.5)
    assert faults([SENTENCE] * 3, translations, "de", usual, options, similarity) == ["", "similarity", "empty"]


def test_encoder_says_how_alike_texts_are(tmp_path):
    static_model(load_pairs("sample", languages=["de", "en"]), 8).save(str(tmp_path))
    same, other = EncoderSimilarity(str(tmp_path), "cpu")(["Where is it?"] * 2, ["Where is it?", "A tower of stone."])
    assert same == pytest.approx(1.0)
    assert other < 0.9


class Faulty(Upper):
    def translate(self, texts, source, target):
        return ["" if "dots" in text else text if "copy" in text else f"{target} {text}" for text in texts]


ROWS = [
    Pair("1", "en", "a copy?", "One.", score=1.0),
    Pair("2", "en", "two?", "only dots."),
    Pair("3", "en", "three?", "Three.", negatives=("Four.", "a copy."), negative_scores=(0.5, 0.25)),
]


@pytest.mark.parametrize(
    ("guards", "groups", "left_out"),
    [
        (
            GuardOptions(),
            ["3"],
            {"a passage in de without letters and digits": 1, "a question in de that is the text again": 1},
        ),
        (GuardOptions(("empty",)), ["1", "3"], {"a passage in de without letters and digits": 1}),
        (GuardOptions(()), ["1", "3"], {"empty passage": 1}),  # which no store takes
    ],
    ids=["all", "empty", "none"],
)
def test_wrong_translations_are_counted_and_dropped_as_asked(tmp_path, guards, groups, left_out):
    pairs = ParallelPairs.from_pairs("pairs", ROWS)
    options = TranslationOptions("en", ("de",))
    done = translate_pairs(pairs, Faulty, tmp_path / "store", options, memory=tmp_path / "memory", guards=guards)
    rows = {row["group"]: row for row in done.store.table(done.store.columns).to_pylist() if row["language"] == "de"}
    assert sorted(rows) == groups
    assert done.store.about["left_out"] == left_out
    assert done.faults == {("de", "copies"): 2, ("de", "empty"): 1}
    kept = "copies" not in guards.drop
    assert rows["3"]["negatives"] == ["de Four.", "a copy."][: 1 + kept]
    assert rows["3"]["negative_scores"] == [0.5, 0.25][: 1 + kept]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop": ("copy",)}, "Did you mean 'copies'"),
        ({"deviations": 0.0}, "deviations is 0.0"),
        ({"least_similarity": 2.0}, "least_similarity is 2.0"),
    ],
    ids=["name", "deviations", "similarity"],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        GuardOptions(**options)
