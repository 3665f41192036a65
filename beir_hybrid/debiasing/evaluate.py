"""Scoring vectors with the language taken out, in several strengths, from one encoding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.debiasing.base import Debiasing
from beir_hybrid.debiasing.debias import gather_statistics
from beir_hybrid.debiasing.fit_texts import FitTexts
from beir_hybrid.debiasing.removal import Removal
from beir_hybrid.debiasing.statistics import LanguageStatistics, statistics_of
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.encoder import Encoder, as_encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.results import Results

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def evaluate_debiased(
    model: SentenceTransformer | Encoder | Embeddings,
    collection: MultilingualCollection | Judgements,
    methods: Sequence[Debiasing],
    texts: FitTexts | None = None,
    *,
    encoding: EncodingOptions | None = None,
    normalise: bool = True,
    model_name: str = "",
    show_progress: bool = False,
    **options: Any,
) -> Iterator[Results]:
    """Score a model once for each method, from one encoding: a curve, where methods differ in their strength alone.

    Args:
        model: The model, or vectors that were computed before.
        collection: What to score on; the language of each text is the collection's.
        methods: As :func:`~.build.build_debiasings` builds them.
        texts: What they are fitted on; None for the collection's own passages, of which no relevance is used.
        encoding: How texts are encoded; with a cache, none is encoded twice.
        normalise: Of vectors that were computed before, whether they have length 1 and keep it; a model says it itself.
        model_name: What the results call the model; empty for its own name.
        show_progress: Whether to show progress bars.
        **options: Further arguments of :func:`~beir_hybrid.evaluate`.

    Yields:
        Results in the order of the methods, which say in ``debias`` what was done.

    Raises:
        ConfigurationError: If there are texts to fit on, and vectors in place of a model that encodes them.
        BeirHybridError: Those of :func:`~beir_hybrid.evaluate` and :meth:`.Debiasing.fit`.
    """
    judgements, encoder = collection if isinstance(collection, Judgements) else Judgements(collection), None
    if isinstance(model, Embeddings):
        embeddings = model
    else:
        encoder = as_encoder(model, sparse=False)
        embeddings = encode(encoder, judgements.collection, encoding, show_progress=show_progress)
        normalise = encoder.description.similarity == "cosine"
        model_name = model_name or encoder.name
    if texts is None:
        needs = {need for method in methods for need in method.needs}
        statistics = statistics_of(embeddings.passages, moments="moments" in needs)
    elif encoder is None:
        raise ConfigurationError("Vectors are given, and no model to encode the texts to fit on.", "Pass the model.")
    else:
        statistics = gather_statistics(encoder, texts, methods, encoding, show_progress=show_progress)
    if encoder is not None:
        encoder.release()
    fitted: dict[Debiasing, Removal] = {}
    for method in methods:
        whole = replace(method, strength=1.0)
        if whole not in fitted:
            fitted[whole] = whole.fit(statistics, normalise=normalise)
        removal = replace(fitted[whole], strength=method.strength)
        done = describe(method, removal, statistics, texts, judgements.collection)
        results = evaluate(
            removal.embeddings(embeddings),
            judgements,
            model_name=model_name,
            notes=[sentence(done)],
            show_progress=show_progress,
            **options,
        )
        yield replace(results, debias=done)


def folder_name(method: Debiasing) -> str:
    """Return the folder of a method's results where there are several.

    Examples:
        >>> from beir_hybrid.debiasing.build import build_debiasings
        >>> [folder_name(each) for each in build_debiasings("lir:directions=8:0.5:1:0.5")]
        ['lir-directions=8-0.5', 'lir-directions=8']
    """
    return re.sub(r"[:/\\]", "-", method.spec())


def describe(
    method: Debiasing,
    removal: Removal,
    statistics: LanguageStatistics,
    texts: FitTexts | None,
    collection: MultilingualCollection,
) -> dict[str, Any]:
    """Say what was done, for :attr:`.Results.debias`."""
    name = collection.name if texts is None else texts.name
    return {
        "method": method.spec(),
        "fitted_on": name,
        "texts": {code: int(statistics.counts[statistics.languages.index(code)]) for code in removal.languages},
        "evaluated": name == collection.name,
        "unchanged": [code for code in collection.languages if code not in removal.languages],
    }


def sentence(done: dict[str, Any]) -> str:
    """Say in words what :func:`describe` says.

    Examples:
        >>> sentence({"method": "center", "fitted_on": "mlqa-r", "evaluated": False, "unchanged": ["th", "tr"]})
        'debiased by center, fitted on mlqa-r; it has no texts in th, tr, which are left as they are'
    """
    own = ", the evaluated passages themselves" if done["evaluated"] else ""
    rest = f"; it has no texts in {', '.join(done['unchanged'])}, which are left as they are"
    return f"debiased by {done['method']}, fitted on {done['fitted_on']}{own}{rest if done['unchanged'] else ''}"
