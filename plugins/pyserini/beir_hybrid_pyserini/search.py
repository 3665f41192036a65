"""Searching a dense index with Pyserini's own searcher."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid import ConfigurationError, DataFormatError, ModelError, progress_bar
from beir_hybrid.evaluation.encoding import fingerprint_of
from beir_hybrid.storage import new_file
from beir_hybrid_pyserini import java
from beir_hybrid_pyserini.encoder import QueryEncoder
from beir_hybrid_pyserini.folder import DOCID, INDEX, check_files, count_ids, read_about
from beir_hybrid_pyserini.side_file import check_file

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


logger = logging.getLogger(__name__)

_QUERIES = 1024  # searched at a time
_TAG = "beir-hybrid"


def model_of(index: Path) -> str:
    """Return the name of the model that an index says it was built with.

    Raises:
        MissingDataError: If there is no such index.
        ConfigurationError: If it does not say.
    """
    count_ids(index)
    name = read_about(index).get("model")
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"{index} does not say which model it was built with.", "Give --model DIR.")
    return name


def open_searcher(index: Path, model: SentenceTransformer, *, batch_size: int = 32) -> Any:
    """Open an index with Pyserini's ``FaissSearcher`` and our query encoder. Starts Java, which Pyserini needs.

    Args:
        index: Folder of the index, ours or Pyserini's.
        model: The query encoder.
        batch_size: Queries per forward pass.

    Returns:
        A ``pyserini.search.faiss.FaissSearcher``.

    Raises:
        MissingDataError: If there is no such index.
        DataFormatError: If it is not what it should be, such as with more ids than vectors.
        ConfigurationError: If the model's vectors have other dimensions.
        JavaError: If there is no Java that Pyserini can use.
    """
    ids, about = count_ids(index), read_about(index)
    _check_model(index, about, model)
    check_files(index)
    java.start()
    from pyserini.search.faiss import FaissSearcher

    try:
        searcher = FaissSearcher(str(index), QueryEncoder(model, batch_size=batch_size))
    except AssertionError as error:  # its only check is that of the numbers
        raise DataFormatError(
            f"{index / DOCID} has {ids:,} ids, and {INDEX} another number of vectors.", "Build the index again."
        ) from error
    except (RuntimeError, MemoryError) as error:  # the latter where a damaged length is taken for a size
        reason = " ".join(str(error).split()).rpartition(": ")[2] or "it wants more memory than there is"
        raise DataFormatError(f"{index / INDEX} cannot be read: {reason}.", "Build the index again.") from error
    dimensions = model.get_embedding_dimension()
    if dimensions != searcher.dimension:
        raise _other_dimensions(index, searcher.dimension, dimensions)
    return searcher


def search_topics(
    index: Path,
    topics: Mapping[str, str],
    output: Path,
    model: SentenceTransformer,
    *,
    depth: int = 1000,
    batch_size: int = 32,
    threads: int | None = None,
    overwrite: bool = False,
    show_progress: bool = False,
) -> Path:
    """Search an index with Pyserini and write a TREC run, whole or not at all.

    Documents of equal score stand as trec_eval ranks them: the larger id first. Scores are those that Faiss gives, and
    read back as the same float32.

    Args:
        index: Folder of the index.
        topics: Queries by id.
        output: The run's file.
        model: The query encoder.
        depth: Documents per query.
        batch_size: Queries per forward pass.
        threads: Of Faiss; None for as many as there are processors.
        overwrite: Whether a file that is there is replaced.
        show_progress: Whether to show a progress bar.

    Returns:
        The file.

    Raises:
        OutputError: If the file is there, or cannot be written.
        The errors of :func:`open_searcher`.
    """
    check_file(output, overwrite)
    searcher = open_searcher(index, model, batch_size=batch_size)
    ids = list(topics)
    with (
        new_file(output) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
        progress_bar(total=len(ids), desc="Searching", unit="query", show=show_progress) as bar,
    ):
        for start in range(0, len(ids), _QUERIES):
            some = ids[start : start + _QUERIES]
            hits = searcher.batch_search(
                [topics[query] for query in some], some, k=depth, threads=threads or os.cpu_count() or 1
            )
            for query in some:
                ranked = sorted(((float(hit.score), hit.docid, hit.score) for hit in hits[query]), reverse=True)
                file.writelines(
                    f"{query} Q0 {document} {rank} {score!s} {_TAG}\n"
                    for rank, (_, document, score) in enumerate(ranked, start=1)
                )
            bar.update(len(some))
    return output


def _check_model(index: Path, about: Mapping[str, Any], model: SentenceTransformer) -> None:
    """Compare a model with what an index of ours says, before Java starts and the index is read."""
    dimensions = model.get_embedding_dimension()
    if about.get("dimensions", dimensions) != dimensions:
        raise _other_dimensions(index, about["dimensions"], dimensions)
    try:
        fingerprint = fingerprint_of(model)
    except ModelError:
        return
    if about.get("fingerprint") and about["fingerprint"] != fingerprint:
        logger.warning("%s was built with another model, %s: its scores may mean nothing.", index, about.get("model"))


def _other_dimensions(index: Path, ours: int, theirs: int | None) -> ConfigurationError:
    return ConfigurationError(
        f"{index} holds vectors of {ours} dimensions, and the model's have {theirs}.",
        "Give the model that the index was built with.",
    )
