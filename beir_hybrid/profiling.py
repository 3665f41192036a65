"""Profiling: what an embedder does with languages, and what taking the language out of its vectors would bring."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.debiasing import Debiasing, build_debiasings, evaluate_debiased
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.encoder import Encoder, as_encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.profile import DEPTH, PROFILE_MEASURES, Debiased, debiased_of, profile_of
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.runs import Run
from beir_hybrid.evaluation.search.exact import ExactSearch
from beir_hybrid.evaluation.search.searcher import Search
from beir_hybrid.evaluation.timing import timed
from beir_hybrid.evaluation.vector_diagnostics import diagnose_vectors
from beir_hybrid.settings import Setting

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TRIED = ("center:0.5", "center", "lir", "lir:directions=8")
"""The methods of debiasing that a profile tries, as ``--debias`` takes them."""

_ESTIMATE = "the language was learnt from the evaluated passages themselves, without their relevance"
_ELSEWHERE = "debiasing is tried with exact search in one process alone: leave --index, --vectors and --cluster out"


def profile_languages(
    model: SentenceTransformer | Encoder | Embeddings | Mapping[Setting, Run],
    collection: MultilingualCollection | Judgements,
    *,
    search: Search | None = None,
    encoding: EncodingOptions | None = None,
    settings: Sequence[str | Setting] | None = None,
    measures: Sequence[str] | None = None,
    show_progress: bool = False,
    model_name: str = "",
    **options: Any,
) -> Results:
    """Evaluate what an embedder does with languages, from one encoding of the collection.

    Args:
        model: As for :func:`~beir_hybrid.evaluate`. Of runs there are no vectors, and so neither their diagnostics nor
            what debiasing would bring.
        collection: Queries, corpora and relevance.
        search: How passages are found among vectors; None for exact search.
        encoding: How texts are encoded; None for the defaults.
        settings: Names of settings; None for queries of each language against the pool of all.
        measures: Names of further measures; None for those of a profile alone.
        show_progress: Whether to show progress bars.
        model_name: What the results call the model; empty for the name the model itself carries.
        **options: Further arguments of :func:`~beir_hybrid.evaluate`.

    Returns:
        Results whose ``profile`` is a :class:`~beir_hybrid.evaluation.profile.Profile` as a mapping.

    Raises:
        BeirHybridError: Those of :func:`~beir_hybrid.evaluate`.
        ConfigurationError: If the pool of all languages is not among the settings.

    Examples:
        >>> from beir_hybrid import load_dataset, load_pairs
        >>> from beir_hybrid.training import static_model
        >>> sample = load_dataset("sample", languages=["de", "en"])
        >>> profile = profile_languages(static_model(load_pairs("sample", languages=["de", "en"]), 8), sample).profile
        >>> sorted(profile["finds"]), [one["method"] for one in profile["debiased"]]
        (['de', 'en'], ['', 'center:0.5', 'center', 'lir'])
    """
    judgements = collection if isinstance(collection, Judgements) else Judgements(collection)
    seconds: dict[str, float] = {}
    found, device = model, ""
    known = judgements.settings if not isinstance(found, Mapping) else list(found)
    chosen = judgements.choose(settings) if settings else [setting for setting in known if setting.pool]
    if not any(setting.pool for setting in chosen):
        raise ConfigurationError(
            "A profile is of questions against the pool of all languages, and there is no such setting.",
            "Give a collection in several languages, and settings such as multi.",
        )
    if not isinstance(found, Mapping | Embeddings):
        encoder = as_encoder(found, sparse=True)
        with timed(seconds, "encode"):
            found = encode(encoder, judgements.collection, encoding or EncodingOptions(), show_progress=show_progress)
        encoder.release()
        model_name, device = model_name or encoder.name, encoder.device
    names = [*(measures or ()), *PROFILE_MEASURES]
    shown: dict[str, Any] = {"show_progress": show_progress, "model_name": model_name}
    results = evaluate(found, judgements, search=search, settings=chosen, measures=names, **shown, **options)
    environment = {**results.environment, "device": device, "seconds": seconds | results.environment["seconds"]}
    profile = profile_of(results, judgements)
    if isinstance(found, Embeddings):
        diagnostics, notes = {}, [_ELSEWHERE]
        try:
            diagnostics = asdict(diagnose_vectors(found, judgements))
            if search is None or isinstance(search, ExactSearch):
                profile = replace(profile, debiased=(debiased_of("", results), *_debiased(found, judgements, search)))
                notes = [_ESTIMATE]
        except ConfigurationError as error:  # of sparse vectors
            notes = [error.problem]
        profile = replace(profile, notes=tuple(notes), **diagnostics)
    # as it will be read again: lists instead of tuples
    return replace(results, environment=environment, profile=json.loads(json.dumps(asdict(profile))))


def _debiased(embeddings: Embeddings, judgements: Judgements, search: Search | None) -> Iterator[Debiased]:
    """Score the vectors once more for each method of debiasing that has enough passages and dimensions."""
    methods = [method for spec in TRIED for method in build_debiasings(spec) if _fits(method, embeddings)]
    measures = ["map", f"tlr@{DEPTH}", f"same_language_recall@{DEPTH}"]
    options: dict[str, Any] = {"search": search, "settings": ["multi"], "measures": measures, "intervals": False}
    normalise = _have_length_1(embeddings)
    tried = evaluate_debiased(embeddings, judgements, methods, normalise=normalise, **options)
    return (debiased_of(method.spec(), results) for method, results in zip(methods, tried, strict=True))


def _fits(method: Debiasing, embeddings: Embeddings) -> bool:
    """Return whether enough is left of vectors once a method's directions are taken out."""
    return 2 * getattr(method, "directions", 0) < min([embeddings.dimensions, *map(len, embeddings.passages.values())])


def _have_length_1(embeddings: Embeddings) -> bool:
    """Return whether vectors have length 1, as those of models that are compared by cosine."""
    firsts = [np.asarray(rows[:64]) for rows in embeddings.passages.values() if len(rows)]
    return all(np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3) for rows in firsts)
