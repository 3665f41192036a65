"""SentenceBERT takes a static model with ``max_length``. BEIR 2.1 and 2.2.0, with sentence-transformers 5 and 6.

It sets ``max_seq_length``, which a static embedding has and cannot set: it fails with an AttributeError. What static
embeddings read is cut off by their tokenizer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def _init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    try:
        original(self, *args, **kwargs)
    except AttributeError as error:
        if "'max_seq_length' of 'StaticEmbedding'" not in str(error):
            raise
    else:
        return
    given = inspect.signature(original).bind(self, *args, **kwargs)
    length = given.arguments.pop("max_length")
    original(*given.args, **given.kwargs)
    self.max_length = length
    for model in (self.q_model, self.doc_model):
        _cut_off(model, length)


def _cut_off(model: Any, length: int) -> None:
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    if isinstance(model[0], StaticEmbedding):
        model[0].tokenizer.enable_truncation(length)
    else:
        model.max_seq_length = length


_PARAMETERS = ("self", "model_path", "max_length", "sep", "prompts", "prompt_names", "kwargs")

METHODS = {"SentenceBERT.__init__": (_init, _PARAMETERS)}
"""Texts are cut off in another way where the original fails; there is nothing to switch off where it does not."""
