"""Departures: why numbers by a script's vectors may differ from those of ``beir-hybrid evaluate``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from beir_hybrid.evaluation.encoding.encoder import as_encoder
from beir_hybrid.hosts.beir.exact_search import BeirModel
from beir_hybrid.hosts.beir.named_vectors import VectorKeeper


def departures(model: Any, keepers: Sequence[VectorKeeper], cosine: bool) -> tuple[str, ...]:
    """Describe in a line how a script encodes and compares otherwise than ``beir-hybrid evaluate`` would.

    Args:
        model: The search's model.
        keepers: What keeps its vectors.
        cosine: Whether the search compares by cosine similarity.

    Returns:
        A line; nothing if no other numbers are to be expected.
    """
    reasons = list(_departures(model, keepers, cosine))
    return (f"beir-hybrid evaluate may find other numbers: {'; '.join(reasons)}",) if reasons else ()


def _departures(model: Any, keepers: Sequence[VectorKeeper], cosine: bool) -> Iterator[str]:
    model = model.model if isinstance(model, BeirModel) else model
    of_queries, of_passages = (getattr(model, name, model) for name in ("q_model", "doc_model"))
    if not all(_is_sentence_transformer(each) for each in (of_queries, of_passages)):
        yield f"it loads sentence-transformers models, and this one is of the class {type(model).__name__}"
        return
    if of_queries is not of_passages:
        yield "queries and passages have models of their own here"
    known = as_encoder(of_queries).description
    if model is not of_queries:  # BeirExactSearch puts the model's own prompts before texts
        yield from _prompts(model, known.query_prompt, known.document_prompt)
        if getattr(model, "max_length", None):
            yield f"texts are cut at {model.max_length} tokens here, by max_length"
        if getattr(model, "sep", " ") != " ":
            yield f"titles and texts are joined by {model.sep!r} here"
    if cosine != (known.similarity == "cosine") and any(keeper.uneven for keeper in keepers):
        yield f"its similarity is the model's own, {known.similarity}, and here it is {'cosine' if cosine else 'dot'}"
    if kinds := {name for keeper in keepers for name in keeper.dtypes} - {"float32", "float64"}:
        yield f"vectors are of {', '.join(sorted(kinds))} here"


def _prompts(model: Any, *own: str | None) -> Iterator[str]:
    """Compare what BEIR's ``SentenceBERT`` puts before texts with what the model was saved with."""
    for noun, kind, side, expected in zip(
        ("queries", "passages"), ("query", "doc"), (model.q_model, model.doc_model), own, strict=True
    ):
        name = getattr(model, f"{kind}_prompt_name", None) or side.default_prompt_name
        given = getattr(model, f"{kind}_prefix", None)
        given = given if given is not None else side.prompts.get(name)
        if (given or "") != (expected or ""):
            yield f"{noun} begin with {expected or ''!r} there and with {given or ''!r} here"


def _is_sentence_transformer(model: Any) -> bool:
    return all(hasattr(model, name) for name in ("prompts", "default_prompt_name", "similarity_fn_name"))
