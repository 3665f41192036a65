"""BeirExactSearch: BEIR's exact search, done by this package's engine."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from beir.retrieval.search import BaseSearch

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.errors import ConfigurationError, DataFormatError, ModelError, did_you_mean
from beir_hybrid.evaluation.encoding.conversion import as_array, from_sparse, normalised, usable
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.search.exact import exact_search
from beir_hybrid.evaluation.search.scores import Rows
from beir_hybrid.hosts.beir.dicts import as_corpus, as_queries
from beir_hybrid.hosts.beir.embedding_files import read_embeddings, write_embeddings
from beir_hybrid.models import SPARSE, check_kind, kind_of

logger = logging.getLogger(__name__)

Results = dict[str, dict[str, float]]


class BeirExactSearch(BaseSearch):  # type: ignore[misc]  # BEIR ships no types
    """Searches as ``DenseRetrievalExactSearch`` does, with the same results, but faster, and a single query too.

    Pass it to BEIR's ``EvaluateRetrieval``. Ids, scores (to about 1e-6) and the passages left out are BEIR's: of a
    corpus that holds a document with a query's own id, that query does not find it, and a score that is no number
    counts -1. Where several passages tie for the last place, BEIR takes any; here it is the larger id, as trec_eval
    has it. Rankings come best first.

    Args:
        model: One of BEIR's models, or whatever else has ``encode_queries`` and ``encode_corpus``; or a
            SentenceTransformer or SparseEncoder, whose query and document prompts are used if it has them.
        batch_size: Texts per forward pass.
        corpus_chunk_size: Passages encoded and searched at a time; only their vectors are held in memory.
        show_progress_bar: Whether the model shows its progress.
        convert_to_tensor: Whether the model is asked for tensors, as BEIR's search does.

    Attributes:
        results: What the last search found.

    Raises:
        ModelError: If the model can encode nothing, or gives a text several vectors.

    Examples:
        >>> from beir.retrieval.evaluation import EvaluateRetrieval
        >>> class Letters:
        ...     def encode_queries(self, texts, **options):
        ...         return np.array([[text.count("a"), text.count("b")] for text in texts])
        ...
        ...     def encode_corpus(self, documents, **options):
        ...         return self.encode_queries([document["text"] for document in documents])
        >>> retriever = EvaluateRetrieval(BeirExactSearch(Letters()), k_values=[1], score_function="dot")
        >>> retriever.retrieve({"d1": {"title": "", "text": "aab"}, "d2": {"title": "", "text": "b"}}, {"q": "a"})
        {'q': {'d1': 2.0}}
    """

    def __init__(
        self,
        model: Any,
        batch_size: int = 128,
        corpus_chunk_size: int = 50000,
        *,
        show_progress_bar: bool = True,
        convert_to_tensor: bool = True,
        **kwargs: Any,
    ) -> None:
        if not all(hasattr(model, name) for name in ("encode_queries", "encode_corpus")):
            if not all(hasattr(model, name) for name in ("encode_query", "encode_document")):
                raise ModelError(
                    f"A {type(model).__name__} cannot encode queries and passages.",
                    "Pass a sentence-transformers model, or one with encode_queries and encode_corpus.",
                )
            if hasattr(model, "model_type"):  # one of the host's kinds
                check_kind(kind_of(model), "The model", sparse=True)
            model = BeirModel(model)
        self.model = model
        self.batch_size = batch_size
        self.corpus_chunk_size = corpus_chunk_size
        self.show_progress_bar = show_progress_bar
        self.convert_to_tensor = convert_to_tensor
        self.results: Results = {}

    def search(
        self,
        corpus: Any,
        queries: Any,
        top_k: int,
        score_function: str = "cos_sim",
        return_sorted: bool = True,
        **kwargs: Any,
    ) -> Results:
        """Find the passages with the highest scores.

        Args:
            corpus: Title and text by document id, or what BEIR's HFDataLoader gives.
            queries: Text by query id, or what BEIR's HFDataLoader gives.
            top_k: How many passages to find for each query.
            score_function: ``cos_sim`` or ``dot``.
            return_sorted: Without effect: rankings are sorted.
            **kwargs: Without effect.

        Returns:
            Scores by query id and document id, best first.

        Raises:
            ConfigurationError: If there is no such score function.
        """
        _check_function(score_function)
        corpus, queries = as_corpus(corpus), as_queries(queries)
        self.results = {}
        if not queries:
            return self.results
        logger.info("Encoding %d queries", len(queries))
        vectors = self._encode_queries(list(queries.values()))
        chunks = (
            (self._encode_corpus([corpus[document] for document in documents]), documents)
            for documents in self._chunks(corpus)
        )
        # one more than wanted, for a document that is the query itself
        best = _BestPassages(list(queries), top_k + 1)
        for passages, documents in chunks:
            best.add(*_search(vectors, passages, score_function, top_k + 1, documents), documents)
        self.results = best.results(top_k, without_itself=True)
        return self.results

    def encode(
        self,
        corpus: Any,
        queries: Any,
        encode_output_path: str = "./embeddings/",
        overwrite: bool = False,
        query_filename: str = "queries.pkl",
        corpus_filename: str = "corpus.*.pkl",
        **kwargs: Any,
    ) -> None:
        """Encode into files, which :meth:`search_from_files` and BEIR's own searches read.

        Args:
            corpus: As for :meth:`search`.
            queries: As for :meth:`search`.
            encode_output_path: The folder.
            overwrite: Whether to encode what has a file already.
            query_filename: Name of the queries' file.
            corpus_filename: Name of the corpus's files, with a star for their number.
            **kwargs: Without effect.

        Raises:
            OutputError: If a file cannot be written.
            ModelError: If the vectors are sparse, which these files cannot hold.
        """
        if isinstance(self.model, BeirModel) and kind_of(self.model.model) == SPARSE:
            check_kind(SPARSE, "The model")
        corpus, queries, folder = as_corpus(corpus), as_queries(queries), Path(encode_output_path)
        if overwrite or not (folder / query_filename).exists():
            write_embeddings(folder / query_filename, self._encode_queries(list(queries.values())), list(queries))
        for number, documents in enumerate(self._chunks(corpus)):
            path = folder / corpus_filename.replace("*", str(number))
            if overwrite or not path.exists():
                write_embeddings(path, self._encode_corpus([corpus[document] for document in documents]), documents)

    def search_from_files(
        self,
        query_embeddings_file: str,
        corpus_embeddings_files: Sequence[str],
        top_k: int,
        score_function: str = "dot",
        **kwargs: Any,
    ) -> Results:
        """Search encoded files, one after another; like BEIR's, a query may find a document of its own id.

        Args:
            query_embeddings_file: As :meth:`encode` or BEIR wrote it.
            corpus_embeddings_files: Likewise.
            top_k: How many passages to find for each query.
            score_function: ``cos_sim`` or ``dot``.
            **kwargs: Without effect.

        Returns:
            Scores by query id and document id, best first.

        Raises:
            ConfigurationError: If there is no such score function.
            MissingDataError: If a file is not there.
            DataFormatError: If a file holds anything but vectors and ids, or vectors of other dimensions.
        """
        _check_function(score_function)
        vectors, queries = read_embeddings(query_embeddings_file)
        best = _BestPassages(queries, top_k)
        for path in corpus_embeddings_files:
            passages, documents = read_embeddings(path)
            best.add(*_search(vectors, passages, score_function, top_k, documents), documents)
        self.results = best.results(top_k, without_itself=False)
        return self.results

    def _chunks(self, corpus: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
        """Return the ids of the documents to encode at a time, longest first, so that memory fails early or never."""

        def length(document: str) -> int:
            return len(corpus[document].get("title") or "") + len(corpus[document].get("text") or "")

        documents = sorted(corpus, key=length, reverse=True)
        for number, start in enumerate(range(0, len(documents), self.corpus_chunk_size), start=1):
            chunk = documents[start : start + self.corpus_chunk_size]
            logger.info("Encoding chunk %d of the corpus: %d passages", number, len(chunk))
            yield chunk

    def _encode_queries(self, texts: list[str]) -> Any:
        return _array(self.model.encode_queries(texts, **self._options))

    def _encode_corpus(self, documents: list[Any]) -> Any:
        return _array(self.model.encode_corpus(documents, **self._options))

    @property
    def _options(self) -> dict[str, Any]:
        return {
            "batch_size": self.batch_size,
            "show_progress_bar": self.show_progress_bar,
            "convert_to_tensor": self.convert_to_tensor,
        }


class BeirModel:
    """A sentence-transformers model under the names that BEIR calls."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def encode_queries(self, texts: list[str], **options: Any) -> Any:
        """Encode queries with the model's own query prompt."""
        return self.model.encode_query(texts, **options)

    def encode_corpus(self, documents: list[Mapping[str, str | None]], **options: Any) -> Any:
        """Encode passages, titles before texts, with the model's own document prompt."""
        texts = [f"{document.get('title') or ''} {document.get('text') or ''}".strip() for document in documents]
        return self.model.encode_document(texts, **options)


class _BestPassages:
    """The best passages of every query so far.

    Args:
        queries: Query ids.
        depth: Passages to keep for each query.
    """

    def __init__(self, queries: list[str], depth: int) -> None:
        self.queries = queries
        self.depth = depth
        self.documents: list[str] = []
        self.passage: Ints = np.empty((len(queries), 0), np.int64)
        self.score: Floats32 = np.empty((len(queries), 0), np.float32)

    def add(self, passage: Ints, score: Floats32, documents: Sequence[str]) -> None:
        """Take a chunk's best; ``passage`` holds places in its ``documents``, both of shape (queries, n)."""
        passage = np.concatenate([self.passage, passage + len(self.documents)], axis=1)
        score = np.concatenate([self.score, score], axis=1)
        self.documents.extend(documents)
        order = np.argsort(-score, axis=1, kind="stable")
        passage, score = np.take_along_axis(passage, order, axis=1), np.take_along_axis(score, order, axis=1)
        for row in _tied_at(score, self.depth):
            ids = [self.documents[number] for number in passage[row].tolist()]
            places = sorted(range(len(ids)), key=lambda place: ids[place], reverse=True)
            places.sort(key=lambda place: -score[row, place])
            passage[row], score[row] = passage[row, places], score[row, places]
        self.passage, self.score = passage[:, : self.depth], score[:, : self.depth]

    def results(self, top_k: int, *, without_itself: bool) -> Results:
        """Return BEIR's dict of the best passages."""
        name, by_query = self.documents.__getitem__, {}
        for query, numbers, scores in zip(self.queries, self.passage, self.score, strict=True):
            ranked = dict(zip(map(name, numbers.tolist()), scores.tolist(), strict=True))
            if without_itself:
                ranked.pop(query, None)
            if len(ranked) > top_k:
                ranked.popitem()
            by_query[query] = ranked
        return by_query


def _tied_at(score: Floats32, depth: int) -> list[int]:
    """Return the rows, sorted, in which the scores on both sides of the cut are equal."""
    if score.shape[1] <= depth or depth == 0:
        return []
    tied: list[int] = np.flatnonzero(score[:, depth - 1] == score[:, depth]).tolist()
    return tied


def _search(queries: Any, passages: Any, function: str, depth: int, documents: Sequence[str]) -> tuple[Ints, Floats32]:
    """Find a chunk's best passages: places and scores, both of shape (queries, n)."""
    left, right = (_floats(vectors, function == "cos_sim") for vectors in (queries, passages))
    if left.shape[1] != right.shape[1]:
        raise DataFormatError(
            f"The vectors of the queries have {left.shape[1]} dimensions, those of the corpus {right.shape[1]}.",
            "Encode both with one model.",
        )
    known, asked = (usable(vectors) for vectors in (right, left))
    numbers, broken = np.flatnonzero(known), np.flatnonzero(~known)[:depth]
    if isinstance(left, SparseRows):
        if len(broken) or not asked.all():
            raise ModelError("Some of the model's vectors are not finite.", "Check the training run.")
    else:
        left = np.where(asked[:, None], left, 0)
    hits = exact_search(
        left,
        [right[numbers]] if len(broken) else [right],
        depth,
        lambda places: [documents[number] for number in numbers[places].tolist()],
    )
    if not len(broken) and asked.all():
        return hits.passage, hits.score
    logger.warning("Some vectors are not finite; every comparison with them scores -1")
    shape = (len(left), len(broken))
    passage = np.concatenate([numbers[hits.passage], np.broadcast_to(broken, shape)], axis=1)
    score = np.concatenate([hits.score, np.full(shape, -1, np.float32)], axis=1)
    score[~asked] = -1
    return passage, score


def _floats(vectors: Any, normalize: bool) -> Rows:
    rows = vectors if isinstance(vectors, SparseRows) else np.ascontiguousarray(vectors, np.float32)
    return normalised(rows) if normalize else rows


def _array(vectors: Any) -> Any:
    """Take what a model gives: a tensor, an array, or a list of either; sparse rows of a sparse tensor."""
    if getattr(vectors, "is_sparse", False):
        return from_sparse(vectors)
    return np.atleast_2d(as_array(vectors))


def _check_function(name: str) -> None:
    functions = ("cos_sim", "dot")
    if name not in functions:
        raise ConfigurationError(f"There is no score function {name!r}.", did_you_mean(name, functions))
