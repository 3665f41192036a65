"""CrossEncoderScorer: a cross-encoder as a teacher of scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats32
from beir_hybrid.errors import ModelError, shorten


@dataclass(frozen=True)
class CrossEncoderScorer:
    """Opens a cross-encoder of sentence-transformers.

    Args:
        name: Folder, or name on the Hugging Face hub.
        batch_size: Pairs of texts per forward pass.
        device: Such as ``cuda:1``; None to auto-detect.
    """

    name: str
    batch_size: int = 32
    device: str | None = None

    def __call__(self) -> TextScorer:
        """Load it.

        Raises:
            ModelError: If it cannot be loaded, or has more than one score for a pair.
        """
        from sentence_transformers import CrossEncoder

        try:
            model = CrossEncoder(self.name, device=self.device)
        except Exception as error:  # the hosts raise what they like
            raise ModelError(
                f"The cross-encoder {shorten(self.name)} cannot be loaded: {error}.", "Name one: --cross-encoder MODEL"
            ) from error
        if model.num_labels != 1:
            raise ModelError(
                f"The cross-encoder {shorten(self.name)} gives {model.num_labels} numbers for a pair of texts.",
                "Choose one that gives a single score.",
            )
        return TextScorer(model, self.batch_size)


class TextScorer:
    """Scores pairs of a question and a passage.

    Args:
        model: A ``sentence_transformers.CrossEncoder`` with one label.
        batch_size: Pairs of texts per forward pass.
    """

    def __init__(self, model: object, batch_size: int) -> None:
        self._model, self._batch_size = model, batch_size

    def __call__(self, texts: list[tuple[str, str]]) -> Floats32:
        """Return scores, shape (n,); each distinct pair is scored once."""
        distinct = list(dict.fromkeys(texts))
        predict = getattr(self._model, "predict")  # noqa: B009  # the host's types would be imported with it
        scores = predict(distinct, batch_size=self._batch_size, show_progress_bar=False, convert_to_numpy=True)
        by_text = dict(zip(distinct, np.asarray(scores, np.float32).reshape(-1), strict=True))
        return np.array([by_text[pair] for pair in texts], np.float32)
