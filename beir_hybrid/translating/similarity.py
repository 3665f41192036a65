"""EncoderSimilarity: how alike texts and their translations are under an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from beir_hybrid.arrays import Floats


class EncoderSimilarity:
    """Cosines of the vectors of texts and their translations.

    Args:
        model: Folder, or name on the Hugging Face hub, of a model of sentence-transformers that knows both languages.
        device: Such as ``cuda:1``; None to auto-detect.

    Raises:
        ModelError: If it cannot be loaded.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        from beir_hybrid.models import load_model

        self._model: Any = load_model(model, device=device)

    def __call__(self, texts: Sequence[str], translations: Sequence[str]) -> Floats:
        """Return cosines, shape (n,)."""
        if not texts:
            return np.empty(0)
        sides = [
            self._model.encode(list(side), normalize_embeddings=True, show_progress_bar=False)
            for side in (texts, translations)
        ]
        one, other = (np.asarray(side, np.float64) for side in sides)
        return (one * other).sum(axis=1)
