"""Searches at work: their results are remembered with the vectors that they follow from."""

from __future__ import annotations

import functools
import glob
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from beir_hybrid.errors import BeirHybridError, ModelError
from beir_hybrid.evaluation.encoding.vectors import keys_of
from beir_hybrid.hosts.beir.agreement import agreement_of
from beir_hybrid.hosts.beir.departures import departures
from beir_hybrid.hosts.beir.dicts import as_corpus, as_queries, ids_of
from beir_hybrid.hosts.beir.embedding_files import read_embeddings
from beir_hybrid.hosts.beir.named_vectors import NamedVectors, VectorKeeper
from beir_hybrid.hosts.beir.remembered_searches import Encoded, RememberedSearch, fingerprint, remembered_searches
from beir_hybrid.hosts.kit import patches

logger = logging.getLogger(__name__)

_BLOCK = 16_384  # vectors taken from an index at once
_METHODS = ("encode_queries", "encode_corpus")  # of a model


def record_search(retrieve: Callable[[], Any], search: Any, corpus: Any, queries: Any, function: str | None) -> Any:
    """Let a search retrieve, and remember what it found, with the vectors that its model returned meanwhile.

    Args:
        retrieve: Lets it.
        search: Of BEIR or of the script's own; it may have a ``model``.
        corpus: Title and text by document id, or what BEIR's HFDataLoader returns.
        queries: Text by query id, or what BEIR's HFDataLoader returns.
        function: Name of the score function.

    Returns:
        What it found, as it returned it.
    """
    searched = _Search(search)
    problem = ""
    if not searched.has_model:
        problem = f"{searched.name} has no model that returns vectors."
    elif not (isinstance(corpus, Sized) and isinstance(queries, Sized)):
        problem = "the corpus or the queries are a stream."
    if problem:
        results = retrieve()
        _remember(results, queries, lambda: _refuse(problem))
        return results
    cosine = function == "cos_sim"
    # Faiss searches ask for vectors of length 1, and keep them themselves
    passages = None if searched.has_index else VectorKeeper("passages", len(corpus), cosine)
    recorder = Recorder(
        searched.model, VectorKeeper("queries", len(queries), cosine and not searched.has_index), passages
    )
    with recorder.listening():
        results = retrieve()

    def encode() -> Encoded:
        asked = recorder.encoded_queries(as_queries(queries))
        encoded = searched.indexed(asked) if passages is None else recorder.encoded_passages(as_corpus(corpus))
        keepers = [recorder.queries] if passages is None else [recorder.queries, passages]
        coarse = any(keeper.coarse for keeper in keepers)
        notes = departures(searched.model, keepers, cosine)
        return searched.agreeing(Encoded(asked, encoded, queries, corpus, coarse, notes), results)

    _remember(results, queries, encode)
    return results


def record_files(
    files: Sequence[str], results: Any, search: Any, corpus: Any, queries: Any, function: str | None
) -> None:
    """Remember what a search of encoded files found, with the vectors in these files.

    Args:
        files: The files of queries and of passages, as BEIR or BeirExactSearch wrote them; both are patterns.
        results: What was found.
        search: As for :func:`record_search`, likewise the next two.
        corpus: Title and text by document id.
        queries: Text by query id.
        function: Name of the score function; None for the search's own choice, the inner product.
    """

    def encode() -> Encoded:
        cosine = function == "cos_sim"
        keepers = [VectorKeeper("queries", len(queries), cosine), VectorKeeper("passages", len(corpus), cosine)]
        named = []
        for keeper, pattern in zip(keepers, files, strict=True):
            ids: list[str] = []
            for path in glob.glob(pattern):  # noqa: PTH207  # the files in the order in which BEIR reads them
                vectors, part = read_embeddings(path)
                keeper.keep(part, vectors)
                ids += part
            named.append(keeper.named(ids, ids))
        searched = _Search(search)
        notes = departures(searched.model, keepers, cosine)
        return searched.agreeing(Encoded(named[0], named[1], queries, corpus, notes=notes), results)

    _remember(results, queries, encode)


def _remember(results: Any, queries: Any, encode: Callable[[], Encoded]) -> None:
    """Remember what was found and its vectors; whatever goes wrong, the script continues."""
    try:
        marks = {query: fingerprint(query, results[query]) for query in ids_of(queries) if query in results}
        try:
            remembered = RememberedSearch(marks, encode())
        except BeirHybridError as error:
            remembered = RememberedSearch(marks, lacking=error.problem)
        except Exception as error:  # an index or a file of an unknown kind
            reason = " ".join(str(error).split())
            remembered = RememberedSearch(
                marks, lacking=f"The vectors cannot be read: {type(error).__name__}: {reason}"
            )
        remembered_searches.remember(remembered)
    except Exception as error:  # what a search returns is the script's business
        logger.warning("what was retrieved is not remembered: %s: %s", type(error).__name__, error)


def _refuse(problem: str) -> Encoded:
    raise ModelError(problem)


class _Search:
    """A search of BEIR's or of the script's own, as far as its vectors go.

    Attributes:
        name: Name of its class.
        model: Its model; None if it has none.
        has_model: Whether its model encodes queries and passages.
        has_index: Whether it is one of BEIR's Faiss searches.
    """

    def __init__(self, search: Any) -> None:
        self._search = search
        self.name = type(search).__name__
        self.model = getattr(search, "model", None)
        self.has_model = all(callable(getattr(self.model, name, None)) for name in _METHODS)
        self.has_index = hasattr(search, "faiss_index")

    def agreeing(self, encoded: Encoded, results: Any) -> Encoded:
        """Return vectors if results follow from them.

        Raises:
            ModelError: If they do not.
        """
        agreement = agreement_of(encoded.queries, encoded.passages, results, encoded.coarse)
        if not agreement.scored:
            raise ModelError(f"The scores of {self.name} are not the similarities of vectors that its model returned.")
        if not agreement.whole and not self.has_index:
            raise ModelError(f"{self.name} leaves out passages that score higher than those it found.")
        if agreement.whole:
            return encoded
        note = f"{self.name} finds nearly the best passages only; rankings here are exact, by the vectors in its index"
        return replace(encoded, notes=(*encoded.notes, note))

    def indexed(self, queries: NamedVectors) -> NamedVectors:
        """Take the passages' vectors out of the Faiss index, as the index knows them."""
        search = self._search
        index, numbers = search.faiss_index.index, search.faiss_index._passage_ids
        count, dimensions = index.ntotal, queries.vectors.shape[1]
        if not hasattr(index, "reconstruct_n") or "Binary" in type(index).__name__:
            raise ModelError(f"{self.name} searches codes, not vectors.")
        numbers = range(count) if numbers is None else numbers.tolist()
        ids = [search.rev_mapping[number] if search.rev_mapping else str(number) for number in numbers]
        keeper = VectorKeeper("passages", count, normalize=False)
        for start in range(0, count, _BLOCK):
            vectors = index.reconstruct_n(start, min(_BLOCK, count - start))
            # graphs have one dimension more, in which a query is 0
            keeper.add(keys_of(ids[start : start + _BLOCK]), np.ascontiguousarray(vectors[:, :dimensions], np.float32))
        return keeper.named(ids, ids)


class Recorder:
    """Keeps the vectors that a model returns to a search, which gets them as they are.

    Args:
        model: It has ``encode_queries`` and ``encode_corpus``.
        queries: Keeps the vectors of queries.
        passages: Keeps those of passages; None if they are of no interest.

    Attributes:
        trouble: Why vectors are lacking; None if they are not.
    """

    def __init__(self, model: Any, queries: VectorKeeper, passages: VectorKeeper | None) -> None:
        self.model, self.queries, self.passages = model, queries, passages
        self.trouble: Exception | None = None
        self._inside = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to the model; its methods are its own again afterwards."""
        undo: list[Callable[[], None]] = []
        for name, keeper in zip(_METHODS, (self.queries, self.passages), strict=True):
            if keeper is not None:
                self._try(functools.partial(self._listen, name, keeper, undo))
        try:
            yield
        finally:
            for take_back in undo:
                take_back()

    def encoded_queries(self, queries: Mapping[str, str]) -> NamedVectors:
        """Return the queries' vectors.

        Args:
            queries: Texts by query id.

        Raises:
            BeirHybridError: If some are lacking or cannot be scored.
        """
        self._check()
        return self.queries.named(list(queries), queries.values())

    def encoded_passages(self, corpus: Mapping[str, Any]) -> NamedVectors:
        """Return the passages' vectors.

        Args:
            corpus: Title and text by document id.

        Raises:
            BeirHybridError: If some are lacking or cannot be scored.
        """
        self._check()
        if self.passages is None:
            raise ModelError("No vector of a passage was kept.")
        return self.passages.named(list(corpus), map(_text_of, corpus.values()))

    def hear(self, keeper: VectorKeeper, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Let the model encode, and keep the result, if it is the search that asks and not the model itself."""
        if self._inside:
            return call(*args, **kwargs)
        self._inside = True
        try:
            vectors = call(*args, **kwargs)
        finally:
            self._inside = False
        given = args[0] if args else next(iter(kwargs.values()), ())
        self._try(lambda: keeper.keep(_texts_of(given), vectors))
        return vectors

    def _listen(self, name: str, keeper: VectorKeeper, undo: list[Callable[[], None]]) -> None:
        undo.append(patches.replace(self.model, name, _RecordedMethod(self, name, keeper)))

    def _try(self, work: Callable[[], object]) -> None:
        """Do something that must not disturb the search."""
        if self.trouble is None:
            try:
                work()
            except Exception as error:  # whatever the script's model returns, the script continues
                self.trouble = error

    def _check(self) -> None:
        if isinstance(self.trouble, BeirHybridError):
            raise self.trouble
        if self.trouble is not None:
            name = type(self.model).__name__
            reason = f"{type(self.trouble).__name__}: {self.trouble}"
            raise ModelError(f"The vectors of {name} cannot be kept: {reason}.") from self.trouble


class _RecordedMethod:
    """A method of a model that is listened to; a copy in another process is not."""

    def __init__(self, recorder: Recorder, name: str, keeper: VectorKeeper) -> None:
        self._recorder = recorder
        self._name = name
        self._keeper = keeper
        self._original = getattr(recorder.model, name)
        functools.update_wrapper(self, self._original)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._recorder.hear(self._keeper, self._original, args, kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self._recorder.model, self._name)


def _texts_of(given: Any) -> list[str]:
    """Return a text for each of what a model was asked to encode: strings, documents, or columns of documents."""
    if isinstance(given, Mapping):
        columns: Iterable[Sequence[Any]] = [given.get(name) or [""] * len(given["text"]) for name in ("title", "text")]
        return [_joined(title, text) for title, text in zip(*columns, strict=True)]
    return [each if isinstance(each, str) else _text_of(each) for each in given]


def _text_of(document: Any) -> str:
    return _joined(document.get("title"), document.get("text"))


def _joined(title: Any, text: Any) -> str:
    return f"{len(title or '')}:{title or ''}{text or ''}"  # so that titles and texts are not confused
