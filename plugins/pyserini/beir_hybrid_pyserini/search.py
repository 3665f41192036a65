"""Searching a dense index with Pyserini's own searcher."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO

from beir_hybrid import ConfigurationError, DataFormatError, processors, progress_bar
from beir_hybrid.storage import new_file
from beir_hybrid_pyserini import java
from beir_hybrid_pyserini.encoder import QueryEncoder, RememberingEncoder
from beir_hybrid_pyserini.folder import DOCID, INDEX, check_files, count_ids, read_about
from beir_hybrid_pyserini.shards import is_sharded, open_shards
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
    if is_sharded(index):
        index = open_shards(index)[0]
    count_ids(index)
    name = read_about(index).get("model")
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"{index} does not say which model it was built with.", "Give --model DIR.")
    return name


def open_searcher(index: Path, model: SentenceTransformer | QueryEncoder, *, batch_size: int = 32) -> Any:
    """Open an index with Pyserini's ``FaissSearcher`` and our query encoder. Starts Java, which Pyserini needs.

    Args:
        index: Folder of the index, ours or Pyserini's; one shard, where there are several.
        model: The query encoder.
        batch_size: Queries per forward pass, unless the encoder says.

    Returns:
        A ``pyserini.search.faiss.FaissSearcher``.

    Raises:
        MissingDataError: If there is no such index.
        DataFormatError: If it is not what it should be, such as with more ids than vectors.
        ConfigurationError: If the model's vectors have other dimensions.
        JavaError: If there is no Java that Pyserini can use.
    """
    encoder = model if isinstance(model, QueryEncoder) else QueryEncoder(model, batch_size=batch_size)
    ids, about = count_ids(index), read_about(index)
    _check_model(index, about, encoder)
    check_files(index)
    java.start()
    from pyserini.search.faiss import FaissSearcher

    try:
        searcher = FaissSearcher(str(index), encoder)
    except AssertionError as error:  # its only check is that of the numbers
        raise DataFormatError(
            f"{index / DOCID} has {ids:,} ids, and {INDEX} another number of vectors.", "Build the index again."
        ) from error
    except (RuntimeError, MemoryError) as error:  # the latter where a damaged length is taken for a size
        reason = " ".join(str(error).split()).rpartition(": ")[2] or "it wants more memory than there is"
        raise DataFormatError(f"{index / INDEX} cannot be read: {reason}.", "Build the index again.") from error
    if encoder.dimensions != searcher.dimension:
        raise _other_dimensions(index, searcher.dimension, encoder.dimensions)
    return searcher


def search_topics(
    index: Path,
    topics: Mapping[str, str],
    output: Path,
    model: SentenceTransformer | QueryEncoder,
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

    Of a folder of shards, each is searched to the same depth, one after the other, and what they find is merged.

    Args:
        index: Folder of the index, or of its shards.
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
    shards = open_shards(index) if is_sharded(index) else [index]
    encoder = RememberingEncoder(model, batch_size=batch_size) if len(shards) > 1 else model
    with (
        new_file(output) as temporary,
        progress_bar(total=len(shards) * len(topics), desc="Searching", unit="query", show=show_progress) as bar,
        TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as folder,
    ):
        runs = [Path(folder) / str(number) for number in range(len(shards))] if len(shards) > 1 else [temporary]
        for shard, run in zip(shards, runs, strict=True):
            searcher = open_searcher(shard, encoder, batch_size=batch_size)
            _search(searcher, topics, run, depth, threads, bar.update)
            del searcher  # one index at a time is in memory
        if len(shards) > 1:
            _merge_runs(runs, temporary, depth)
    return output


def _search(
    searcher: Any,
    topics: Mapping[str, str],
    run: Path,
    depth: int,
    threads: int | None,
    advance: Callable[[int], object],
) -> None:
    """Search one index for all topics, and write a run."""
    ids = list(topics)
    with run.open("w", encoding="utf-8", newline="\n") as file:
        for start in range(0, len(ids), _QUERIES):
            some = ids[start : start + _QUERIES]
            hits = searcher.batch_search(
                [topics[query] for query in some], some, k=depth, threads=threads or processors()
            )
            for query in some:
                ranked = sorted(((float(hit.score), hit.docid, str(hit.score)) for hit in hits[query]), reverse=True)
                _write_query(file, query, ranked)
            advance(len(some))


def _write_query(file: TextIO, query: str, ranked: Iterable[tuple[float, str, str]]) -> None:
    file.writelines(
        f"{query} Q0 {document} {rank} {score} {_TAG}\n" for rank, (_, document, score) in enumerate(ranked, start=1)
    )


def _merge_runs(runs: Sequence[Path], output: Path, depth: int) -> None:
    """Merge the runs of shards, which have the same queries in the same order, reading one query of each at a time."""
    with ExitStack() as stack, output.open("w", encoding="utf-8", newline="\n") as file:
        rankings = [groupby(stack.enter_context(run.open(encoding="utf-8")), key=_query_of) for run in runs]
        for parts in zip(*rankings, strict=True):
            lines = (line.split(" ") for _, part in parts for line in part)
            ranked = sorted(((float(words[4]), words[2], words[4]) for words in lines), reverse=True)
            _write_query(file, parts[0][0], ranked[:depth])


def _query_of(line: str) -> str:
    return line.partition(" ")[0]


def _check_model(index: Path, about: Mapping[str, Any], encoder: QueryEncoder) -> None:
    """Compare a model with what an index of ours says, before Java starts and the index is read."""
    if about.get("dimensions", encoder.dimensions) != encoder.dimensions:
        raise _other_dimensions(index, about["dimensions"], encoder.dimensions)
    if about.get("fingerprint") and encoder.fingerprint and about["fingerprint"] != encoder.fingerprint:
        logger.warning("%s was built with another model, %s: its scores may mean nothing.", index, about.get("model"))


def _other_dimensions(index: Path, ours: int, theirs: int | None) -> ConfigurationError:
    return ConfigurationError(
        f"{index} holds vectors of {ours} dimensions, and the model's have {theirs}.",
        "Give the model that the index was built with.",
    )
