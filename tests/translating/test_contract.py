import pytest

from beir_hybrid.testing import TranslatorContract

from .toy_translator import convert


class TestTransformers(TranslatorContract):
    name = "transformers"

    @pytest.fixture
    def model(self, marian):
        return str(marian)


class TestCTranslate2(TranslatorContract):
    name = "ctranslate2"

    @pytest.fixture
    def model(self, marian, tmp_path):
        return convert(marian, tmp_path / "model")
