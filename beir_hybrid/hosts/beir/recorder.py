"""Recorder: listens to a model while a search lets it encode."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from beir_hybrid.errors import BeirHybridError, ModelError
from beir_hybrid.hosts.beir.named_vectors import NamedVectors, VectorKeeper
from beir_hybrid.hosts.kit.patches import replace

_METHODS = {"query": "encode_queries", "document": "encode_corpus"}


class Recorder:
    """Keeps the vectors that a model returns to a search, which gets them as they are.

    Args:
        model: It has ``encode_queries`` and ``encode_corpus``.
        queries: How many queries are searched.
        passages: How many passages there are; None if their vectors are of no interest.
        normalize: Whether the search compares by cosine similarity.

    Attributes:
        trouble: Why vectors are lacking; None if they are not.
    """

    def __init__(self, model: Any, queries: int, passages: int | None, normalize: bool) -> None:
        self.model = model
        self.trouble: Exception | None = None
        self.queries = VectorKeeper("queries", queries, normalize)
        self.passages = None if passages is None else VectorKeeper("passages", passages, normalize)
        self._inside = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to the model; its methods are its own again afterwards."""
        keepers = {_METHODS["query"]: self.queries}
        if self.passages is not None:
            keepers[_METHODS["document"]] = self.passages
        undo: list[Callable[[], None]] = []
        for name, keeper in keepers.items():
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
        undo.append(replace(self.model, name, _Heard(self, name, keeper)))

    def _try(self, work: Callable[[], object]) -> None:
        """Do something that must not disturb the search."""
        if self.trouble is None:
            try:
                work()
            except Exception as error:  # whatever the script's model returns, the script goes on
                self.trouble = error

    def _check(self) -> None:
        if isinstance(self.trouble, BeirHybridError):
            raise self.trouble
        if self.trouble is not None:
            name = type(self.model).__name__
            reason = f"{type(self.trouble).__name__}: {self.trouble}"
            raise ModelError(f"The vectors of {name} cannot be kept: {reason}.") from self.trouble


class _Heard:
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
    return f"{len(title or '')}:{title or ''}{text or ''}"  # so that titles and texts are told apart
