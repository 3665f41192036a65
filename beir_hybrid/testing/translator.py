"""TranslatorContract: what this package relies on in an engine that translates."""

from __future__ import annotations

from typing import ClassVar

import pytest

from beir_hybrid.errors import LanguageError, ModelError
from beir_hybrid.registry import TRANSLATORS
from beir_hybrid.testing.expectation import Contract, built, expect, expect_refusal
from beir_hybrid.translating.translator import Translator, open_translator

_TEXTS = ("Where is the old bridge?", "The old bridge is in the north of the town.", "Who?")
_NOBODYS = "qqq"  # ISO 639 keeps qaa to qtz for nobody's languages


class TranslatorContract(Contract):
    """Tests of an engine. Subclass it, name the class ``Test...``, set ``name``, and say which model it shall load.

    The model may write nonsense, as a tiny one with random weights does; override the fixture ``model`` for one that is
    built by the test.

    Attributes:
        name: The registered name.
        path: What is passed to the engine as its model.
        source_language: A language that the model knows.
        target_language: Another one, which it translates to.

    Examples:
        ::

            class TestShouting(TranslatorContract):
                name = "shouting"
                path = "any"
    """

    registry = TRANSLATORS
    path: ClassVar[str] = ""
    source_language: ClassVar[str] = "en"
    target_language: ClassVar[str] = "de"

    @pytest.fixture
    def model(self) -> str:
        """What is passed to the engine as its model."""
        return self.path

    @pytest.fixture
    def translator(self, model: str) -> Translator:
        """The engine with its model, loaded anew for every test."""
        return built(lambda: open_translator(self.name, model, device="cpu", max_tokens=32), self.name)

    def test_attributes_are_of_their_kinds(self, translator: Translator) -> None:
        """It has a fingerprint, says a licence as a text, and how long texts may be."""
        fingerprint = translator.fingerprint
        fits = isinstance(fingerprint, str) and fingerprint.isalnum()
        expect(fits, f"fingerprint is {fingerprint!r}.", "Let it be letters and digits: it names a folder.")
        licence, longest = translator.licence, translator.longest
        expect(isinstance(licence, str), f"licence is {licence!r}.", "Let it be a text, empty if unknown.")
        fits = isinstance(longest, int) and longest > 0
        expect(fits, f"longest is {longest!r}.", "Let it be a number of tokens from 1 on.")

    def test_fingerprint_follows_from_model_and_options(self, translator: Translator, model: str) -> None:
        """Loaded again, the fingerprint is the same; with another limit of tokens, it is another."""
        own = translator.fingerprint
        again = open_translator(self.name, model, device="cpu", max_tokens=32).fingerprint
        expect(again == own, f"Loaded again, the fingerprint is {again!r}, not {own!r}.", "Let it follow from weights.")
        other = open_translator(self.name, model, device="cpu", max_tokens=16).fingerprint
        expect(
            other != own,
            f"With max_tokens=16, the fingerprint is {own!r} as with 32.",
            "Let all options that decide about translations be in it, or a memory would mix them.",
        )

    def test_each_text_has_a_length(self, translator: Translator) -> None:
        """Lengths are whole numbers, one for each text, and none is negative."""
        lengths = translator.lengths(_TEXTS)
        fits = len(lengths) == len(_TEXTS) and all(isinstance(each, int) and each >= 0 for each in lengths)
        expect(fits, f"The lengths of {len(_TEXTS)} texts are {lengths!r}.", "Return one whole number for each.")
        expect(translator.lengths([]) == [], "It has lengths of no texts.", "Return an empty list.")

    def test_each_text_has_a_translation(self, translator: Translator) -> None:
        """A batch comes back as texts, in order, and as those of its texts alone."""
        sizes = zip(_TEXTS, translator.lengths(_TEXTS), strict=True)
        texts = [text for text, size in sizes if size <= translator.longest] or [_TEXTS[-1]]
        written = translator.translate(texts, self.source_language, self.target_language)
        fits = len(written) == len(texts) and all(isinstance(text, str) for text in written)
        expect(fits, f"{len(texts)} texts are translated to {written!r}.", "Return one text for each.")
        back = translator.translate(texts[::-1], self.source_language, self.target_language)
        expect(back[::-1] == written, f"In another order they are {back!r}.", "Keep the texts' order.")

    def test_same_texts_have_the_same_translations(self, translator: Translator) -> None:
        """Translated twice, a batch is the same: nothing is drawn at random."""
        one, two = (translator.translate(_TEXTS[-1:], self.source_language, self.target_language) for _ in range(2))
        expect(one == two, f"The same text becomes {one!r} and {two!r}.", "Draw nothing: what is remembered must stay.")

    def test_languages_are_checked(self, translator: Translator) -> None:
        """The model's languages are accepted, and one that nobody has is refused."""
        built(lambda: translator.check(self.source_language, [self.target_language]), self.name)
        expect_refusal(
            lambda: translator.check(self.source_language, [self.target_language, _NOBODYS]),
            LanguageError,
            f"Translating to {_NOBODYS!r}",
            "Let check() raise a LanguageError for a language that the model lacks.",
        )

    def test_what_is_no_model_is_refused(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        """An empty folder is refused in a line."""
        folder = str(tmp_path_factory.mktemp("nothing"))
        expect_refusal(
            lambda: open_translator(self.name, folder, device="cpu"),
            ModelError,
            "An empty folder",
            "Raise a ModelError for what is no model.",
        )
