"""Attention: how a transformer computes it, and whether it pads with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from beir_hybrid.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer


ATTENTIONS = ("eager", "sdpa", "flash_attention_2")
"""How attention may be computed, by the names of transformers."""


def transformer_of(model: SentenceTransformer, option: str, name: str | Path) -> Transformer:
    """Return the transformer that a model begins with.

    Args:
        model: The model.
        option: What needs it, as ``query_length``; for messages.
        name: What the model was loaded from; likewise.

    Raises:
        ModelError: If it begins with something else.
    """
    from sentence_transformers.base.modules import Transformer

    first = next(iter(model), None)
    if not isinstance(first, Transformer):
        raise ModelError(
            f"--{option.replace('_', '-')} is for transformers, and the first module of {name} is "
            f"{type(first).__name__}.",
            "Leave it out.",
        )
    return first


def attend(model: SentenceTransformer, attention: str, name: str | Path) -> None:
    """Choose how a transformer computes attention, and whether it pads with it.

    Args:
        model: The model; changed in place.
        attention: Of :data:`ATTENTIONS`.
        name: What it was loaded from, for messages.

    Raises:
        ModelError: If it cannot, or is no transformer.
    """
    transformer = transformer_of(model, "attention", name)
    try:
        transformer.model.set_attn_implementation(attention)
        chosen = transformer.model.config._attn_implementation
    except (ImportError, ValueError, AttributeError) as error:  # of a package that is not there, or another model
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise ModelError(f"{name} cannot have --attention {attention}: {reason}.", "Leave it out.") from error
    if chosen != attention:  # the library only warns
        raise ModelError(f"{name} computes attention by {chosen}, and by nothing else.", "Leave out --attention.")
    transformer.unpad_inputs = transformer.unpad_inputs  # which finds out whether padding can be left out now
