import numpy as np

from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.debiasing import FitTexts, LanguageIdentifier


def taught(*languages):
    texts = FitTexts(load_pairs("sample", languages=languages))
    identifier = LanguageIdentifier(texts.languages)
    for language, block, _ in texts.blocks():
        identifier.add(language, block)
    return identifier


def test_questions_are_told_apart_after_passages_alone():
    identifier = taught("ar", "de", "en", "es", "zh")
    for language, queries in load_dataset("sample", languages=identifier.languages).queries.items():
        found = identifier.identify(list(queries.values()))
        assert np.mean(found == identifier.languages.index(language)) > 0.9, language


def test_text_of_another_script_or_without_letters_is_in_no_language():
    assert taught("de", "en").identify(["Где стоит старый мост?", "橋はどこですか"]).tolist() == [-1, -1]


def test_selected_languages_keep_their_weights():
    identifier = taught("de", "en", "es")
    chosen = identifier.select(["es", "de"])
    assert chosen.languages == ("es", "de")
    np.testing.assert_array_equal(chosen.weights, identifier.weights[[2, 0]])
