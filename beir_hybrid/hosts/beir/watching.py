"""Watching: a search at work, whose results are remembered with the vectors that they follow from."""

from __future__ import annotations

import glob
import logging
from collections.abc import Callable, Sized
from dataclasses import replace
from typing import Any

import numpy as np

from beir_hybrid.errors import BeirHybridError, ModelError
from beir_hybrid.evaluation.encoding.vectors import keys_of
from beir_hybrid.hosts.beir.agreement import agreement_of
from beir_hybrid.hosts.beir.departures import departures
from beir_hybrid.hosts.beir.dicts import as_corpus, as_queries
from beir_hybrid.hosts.beir.embedding_files import read_embeddings
from beir_hybrid.hosts.beir.loaded import query_ids
from beir_hybrid.hosts.beir.named_vectors import NamedVectors, VectorKeeper
from beir_hybrid.hosts.beir.recorder import Recorder
from beir_hybrid.hosts.beir.retrieval import Encoded, Retrieval, fingerprint, retrievals

logger = logging.getLogger(__name__)

_BLOCK = 16_384  # vectors taken from an index at once


def watch(retrieve: Callable[[], Any], search: Any, corpus: Any, queries: Any, function: str | None) -> Any:
    """Let a search retrieve, and remember what it found, with the vectors that its model returned meanwhile.

    Args:
        retrieve: Lets it.
        search: Of BEIR or of the script's own; it may have a ``model``.
        corpus: Title and text by document id, or what BEIR's HFDataLoader gives.
        queries: Text by query id, or what BEIR's HFDataLoader gives.
        function: Name of the score function.

    Returns:
        What it found, as it returned it.
    """
    model = getattr(search, "model", None)
    if not all(callable(getattr(model, name, None)) for name in ("encode_queries", "encode_corpus")):
        results = retrieve()
        _remember(results, queries, lambda: _refuse(f"{type(search).__name__} has no model that returns vectors."))
        return results
    if not (isinstance(corpus, Sized) and isinstance(queries, Sized)):
        results = retrieve()
        _remember(results, queries, lambda: _refuse("the corpus or the queries are a stream."))
        return results
    indexed = hasattr(search, "faiss_index")  # Faiss searches ask for vectors of length 1, and keep them themselves
    cosine = function == "cos_sim"
    recorder = Recorder(model, len(queries), None if indexed else len(corpus), cosine and not indexed)
    with recorder.listening():
        results = retrieve()

    def encode() -> Encoded:
        asked = recorder.encoded_queries(as_queries(queries))
        passages = _indexed(search, asked) if indexed else recorder.encoded_passages(as_corpus(corpus))
        keepers = [keeper for keeper in (recorder.queries, recorder.passages) if keeper is not None]
        coarse = any(keeper.coarse for keeper in keepers)
        notes = departures(model, keepers, cosine)
        return _agreeing(Encoded(asked, passages, queries, corpus, coarse, notes), results, search)

    _remember(results, queries, encode)
    return results


def read_files(
    query_file: str, corpus_files: str, results: Any, search: Any, corpus: Any, queries: Any, function: str | None
) -> None:
    """Remember what a search of encoded files found, with the vectors in these files.

    Args:
        query_file: As BEIR or ExactSearch wrote it.
        corpus_files: Likewise; a pattern.
        results: What was found.
        search: As for :func:`watch`.
        corpus: As for :func:`watch`.
        queries: As for :func:`watch`.
        function: Name of the score function; None for the search's own choice, the inner product.
    """

    def encode() -> Encoded:
        cosine = function == "cos_sim"
        keepers = [VectorKeeper("queries", len(queries), cosine), VectorKeeper("passages", len(corpus), cosine)]
        found = []
        for keeper, pattern in zip(keepers, (query_file, corpus_files), strict=True):
            ids: list[str] = []
            for path in glob.glob(pattern):  # noqa: PTH207  # the files in the order in which BEIR reads them
                vectors, part = read_embeddings(path)
                keeper.keep(part, vectors)
                ids += part
            found.append(keeper.named(ids, ids))
        notes = departures(getattr(search, "model", None), keepers, cosine)
        return _agreeing(Encoded(found[0], found[1], queries, corpus, notes=notes), results, search)

    _remember(results, queries, encode)


def _remember(results: Any, queries: Any, encode: Callable[[], Encoded]) -> None:
    """Remember what was found and its vectors; whatever goes wrong, the script goes on."""
    try:
        found = {query: fingerprint(query, results[query]) for query in query_ids(queries) if query in results}
        try:
            retrievals.keep(Retrieval(found, encode()))
        except BeirHybridError as error:
            retrievals.keep(Retrieval(found, lacking=error.problem))
        except Exception as error:  # an index or a file of an unknown kind
            reason = " ".join(str(error).split())
            retrievals.keep(Retrieval(found, lacking=f"The vectors cannot be read: {type(error).__name__}: {reason}"))
    except Exception as error:  # what a search returns is the script's business
        logger.warning("what was retrieved is not remembered: %s: %s", type(error).__name__, error)


def _refuse(problem: str) -> Encoded:
    raise ModelError(problem)


def _agreeing(encoded: Encoded, results: Any, search: Any) -> Encoded:
    """Return vectors if results follow from them.

    Raises:
        ModelError: If they do not.
    """
    name = type(search).__name__
    found = agreement_of(encoded.queries, encoded.passages, results, encoded.coarse)
    if not found.scored:
        raise ModelError(f"The scores of {name} are not the similarities of vectors that its model returned.")
    if not found.whole and not hasattr(search, "faiss_index"):
        raise ModelError(f"{name} leaves out passages that score higher than those it found.")
    if found.whole:
        return encoded
    note = f"{name} finds nearly the best passages only; rankings here are exact, by the vectors in its index"
    return replace(encoded, notes=(*encoded.notes, note))


def _indexed(search: Any, queries: NamedVectors) -> NamedVectors:
    """Take the passages' vectors out of a Faiss index, as the index knows them."""
    index, numbers = search.faiss_index.index, search.faiss_index._passage_ids
    count, dimensions = index.ntotal, queries.vectors.shape[1]
    if not hasattr(index, "reconstruct_n") or "Binary" in type(index).__name__:
        raise ModelError(f"{type(search).__name__} searches codes, not vectors.")
    numbers = range(count) if numbers is None else numbers.tolist()
    ids = [search.rev_mapping[number] if search.rev_mapping else str(number) for number in numbers]
    keeper = VectorKeeper("passages", count, normalize=False)
    for start in range(0, count, _BLOCK):
        vectors = index.reconstruct_n(start, min(_BLOCK, count - start))
        # graphs have one dimension more, in which a query is 0
        keeper.add(keys_of(ids[start : start + _BLOCK]), np.ascontiguousarray(vectors[:, :dimensions], np.float32))
    return keeper.named(ids, ids)
