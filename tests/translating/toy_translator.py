"""A translator that writes capitals, and remembers what it was asked; and a model in CTranslate2's format."""

import pytest

from beir_hybrid.errors import LanguageError


class Upper:
    fingerprint = "capitals"
    licence = "cc-by-4.0"
    longest = 12

    def __init__(self):
        self.seen = []

    def check(self, source, targets):
        for code in targets:
            if code == "xx":
                raise LanguageError("It has no language 'xx'.", "Choose another.")

    def lengths(self, texts):
        return [len(text.split()) for text in texts]

    def translate(self, texts, source, target):
        self.seen.append(list(texts))
        return [f"{target} {text.upper()}" for text in texts]


def convert(model, folder):
    """Convert a model of transformers into a folder for CTranslate2, with the same weights."""
    converters = pytest.importorskip("ctranslate2.converters")
    files = [path.name for path in model.iterdir() if path.suffix != ".safetensors" and path.name != "config.json"]
    return converters.TransformersConverter(str(model), copy_files=files).convert(str(folder))
