"""Evaluation of what a Faiss index finds, with the share of exact search's findings that it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.encoder import Encoder, as_encoder
from beir_hybrid.evaluation.evaluate import choose_judged, evaluate_scorer
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.measures import build_measures
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.search.faiss_factory import empty_index
from beir_hybrid.evaluation.search.faiss_scorer import IndexScorer
from beir_hybrid.evaluation.timing import timed
from beir_hybrid.settings import Setting

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from beir_hybrid.evaluation.encoding.cache import EmbeddingCache


def evaluate_with_faiss(
    model: SentenceTransformer | Encoder,
    collection: MultilingualCollection,
    factory: str,
    *,
    depth: int = 1000,
    settings: Sequence[str] | None = None,
    measures: Sequence[str] | None = None,
    batch_size: int = 32,
    show_progress: bool = False,
    model_name: str = "",
    cache: EmbeddingCache | None = None,
    dtype: str | None = None,
    device: str | Sequence[str] | None = None,
    intervals: bool = True,
) -> Results:
    """Encode a collection once and score what a Faiss index of its vectors finds.

    Args:
        model: The model.
        collection: Queries, corpora and relevance.
        factory: Such as ``HNSW64`` or ``IVF256,Flat:nprobe=16``; see
            :class:`~beir_hybrid.evaluation.search.faiss_search.FaissIndex`.
        depth: How many passages to find; more if a measure looks at more.
        settings: As for :func:`~beir_hybrid.evaluation.evaluate.evaluate`, likewise the following.
        measures: Names of measures.
        batch_size: Texts per forward pass.
        show_progress: Whether to show progress bars.
        model_name: What the results call the model; empty for the name the model itself carries.
        cache: Where vectors are kept between evaluations; None to keep none.
        dtype: ``float16`` or ``bfloat16`` to run the model so; None to leave it as it is.
        device: Device or devices to encode on; None for the model's own.
        intervals: Whether to add 95 % intervals.

    Raises:
        ModelError: If the model cannot score the collection.
        ConfigurationError: If there can be no such index, no query has a relevant passage, or a measure needs full
            rankings.
        UnknownNameError: If there is no such setting or measure.
    """
    judgements, chosen, depth = _plan(collection, settings, measures, depth)
    encoder = as_encoder(model, sparse=False)
    empty_index(factory, encoder.description.dimensions)  # to tell a wrong string before anything is encoded
    seconds: dict[str, float] = {}
    with timed(seconds, "encode"):
        embeddings = encode(
            encoder,
            collection,
            batch_size=batch_size,
            show_progress=show_progress,
            cache=cache,
            dtype=dtype,
            device=device,
        )
    scorer = IndexScorer(judgements, embeddings, factory, chosen, depth, show_progress=show_progress)
    return _score(scorer, measures, model_name or encoder.name, encoder.device, seconds, intervals)


def evaluate_embeddings_with_faiss(
    collection: MultilingualCollection,
    embeddings: Embeddings,
    factory: str,
    *,
    depth: int = 1000,
    settings: Sequence[str] | None = None,
    measures: Sequence[str] | None = None,
    show_progress: bool = False,
    model_name: str = "unnamed",
    intervals: bool = True,
) -> Results:
    """Score what a Faiss index finds for vectors that are there already; see :func:`evaluate_with_faiss`.

    An index is built for each set of corpora that a setting searches. The results' notes tell what share of the first
    10 and 100 passages of exact search it finds.

    Args:
        collection: Queries, corpora and relevance.
        embeddings: Their vectors, in the collection's order.
        factory: What index to build.
        depth: How many passages to find; more if a measure looks at more.
        settings: Names of settings; None for all.
        measures: Names of measures; None for the collection's own, or else the default.
        show_progress: Whether to show progress bars.
        model_name: What the results call the model.
        intervals: Whether to add 95 % intervals.
    """
    judgements, chosen, depth = _plan(collection, settings, measures, depth)
    scorer = IndexScorer(judgements, embeddings, factory, chosen, depth, show_progress=show_progress)
    return _score(scorer, measures, model_name, "", {}, intervals)


def _plan(
    collection: MultilingualCollection, settings: Sequence[str] | None, measures: Sequence[str] | None, depth: int
) -> tuple[Judgements, list[Setting], int]:
    """Choose settings, and the depth that the measures need."""
    if depth < 1:
        raise ConfigurationError(f"The depth is {depth}.", "Choose at least 1.")
    judgements = Judgements(collection)
    planned = build_measures(measures, collection.measures)
    # a measure that looks at exact ranks only, such as recall@10, still needs as many as its cut-off
    needed = max(
        max(measure.depth, getattr(measure, "cutoff", None) or 0) for of_kind in planned.values() for measure in of_kind
    )
    return judgements, choose_judged(settings, judgements), max(depth, needed)


def _score(
    scorer: IndexScorer,
    measures: Sequence[str] | None,
    name: str,
    device: str,
    seconds: dict[str, float],
    intervals: bool,
) -> Results:
    results = evaluate_scorer(
        scorer,
        scorer.settings,
        depth=scorer.depth,
        measures=measures,
        name=name,
        device=device,
        intervals=intervals,
    )
    measured = results.environment["seconds"]  # indexes are built while measures ask for what they find
    measured["measure"] = round(measured["measure"] - sum(scorer.seconds.values()), 3)
    environment = {**results.environment, "seconds": {**seconds, **scorer.seconds, **measured}}
    return replace(results, notes=(*results.notes, scorer.note()), environment=environment)
