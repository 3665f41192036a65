"""The contract of translators finds what is broken, says what to fix, and blames little else."""

import pytest

KINDS = "test_attributes_are_of_their_kinds"
FINGERPRINT = "test_fingerprint_follows_from_model_and_options"
LENGTHS = "test_each_text_has_a_length"
EACH = "test_each_text_has_a_translation"
SAME = "test_same_texts_have_the_same_translations"
LANGUAGES = "test_languages_are_checked"
REFUSED = "test_what_is_no_model_is_refused"

CAUGHT = {
    "Sound": {},
    "Pathlike": {KINDS: "Let it be letters and digits", FINGERPRINT: ""},
    "Unlimited": {KINDS: "longest is None.", EACH: ""},
    "Unlicensed": {KINDS: "licence is None."},
    "Careless": {FINGERPRINT: "With max_tokens=16, the fingerprint is 'toy11' as with 32."},
    "Drifting": {FINGERPRINT: "Let it follow from weights."},
    "Countless": {LENGTHS: "The lengths of 3 texts are []. Return one whole number for each.", EACH: ""},
    "Losing": {EACH: "Return one text for each."},
    "Sorting": {EACH: "Keep the texts' order."},
    "Drawing": {EACH: "", SAME: "The same text becomes ['Who? 1'] and ['Who? 2']. Draw nothing"},
    "Boastful": {LANGUAGES: "Translating to 'qqq' is not refused. Let check() raise a LanguageError"},
    "Mute": {LANGUAGES: "It has no language."},
    "Raw": {LANGUAGES: "raises KeyError: 'qqq', not LanguageError."},
    "Trusting": {REFUSED: "An empty folder is not refused. Raise a ModelError"},
    "Strange": {KINDS: "it opens a int. It must return a beir_hybrid.translating.Translator"},
}
LOUD = {"Strange"}  # nothing can be done with it


@pytest.fixture(scope="module")
def failures(try_plugins):
    points = {name.lower(): "strange" if name == "Strange" else name for name in CAUGHT}
    return try_plugins("broken_translators", "beir_hybrid.translators", points)


@pytest.mark.parametrize("translator", CAUGHT)
def test_contract_catches_what_is_broken_and_little_else(failures, translator):
    found = failures[f"Test{translator}"]
    expected = CAUGHT[translator].keys()
    assert found.keys() == expected or (translator in LOUD and found.keys() > expected), found
    for test, message in CAUGHT[translator].items():
        assert message in found[test]


def test_every_broken_translator_is_tried(failures):
    assert failures.keys() == {f"Test{name}" for name in CAUGHT}
