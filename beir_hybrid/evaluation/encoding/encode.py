"""Encoding a collection: each distinct text once, and none that a cache knows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ModelError
from beir_hybrid.evaluation.encoding.cache import CachedStore, EmbeddingCache
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.encoder import Encoder, as_encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.placed_encoder import PlacedEncoder
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.encoding.vectors import Keys, StoredVectors, Vectors, VectorStore, keys_of
from beir_hybrid.evaluation.search.scores import Rows, stack
from beir_hybrid.memory import return_freed
from beir_hybrid.prompts import Role
from beir_hybrid.verbosity import progress_bar

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tqdm import tqdm


logger = logging.getLogger(__name__)

BLOCK = 16_384  # texts looked up at once
WINDOW = 100_000  # new texts sorted by length at once
WINDOW_BYTES = 32 << 20  # of their vectors, at most, unless that is less than two chunks
CHUNK = 4_096  # texts that are encoded between two writes to the cache, at most; for each device
CHUNK_SECONDS = 15.0  # how long that takes at most


def encode(
    model: SentenceTransformer | Encoder,
    collection: MultilingualCollection,
    options: EncodingOptions | None = None,
    *,
    show_progress: bool = False,
) -> Embeddings:
    """Encode all queries and passages of a collection, each distinct text once.

    Queries are encoded with the model's stored query prompt and passages with its document prompt, as
    ``encode_query`` and ``encode_document`` do, or with one of their language, such as ``query-de``, where the model
    has it. Corpora are read once and as a stream. With a cache, an interrupted run resumes where it was, except for
    the last quarter of a minute or so.

    The last bits of a transformer's vectors depend on which texts share a batch; with a cache, they are those of the
    batch in which a text was encoded first.

    Args:
        model: The model, a sparse encoder included, whose vectors stay sparse. Its own similarity decides about scores:
            ``cosine`` normalises the vectors, ``dot`` does not. A :class:`~.encoder.FolderEncoder` is loaded only if
            the cache lacks a vector.
        collection: What to encode.
        options: How to encode; None for the defaults.
        show_progress: Whether to show progress bars, one for queries and one for passages.

    Raises:
        ModelError: If the model does not return one vector per text, its similarity is neither cosine nor dot, or a
            vector cannot be scored.
        OutputError: If the cache cannot be written.
    """
    encoder, options = as_encoder(model), options or EncodingOptions()
    queries = {language: (texts.values(), len(texts)) for language, texts in collection.queries.items()}
    passages = {
        language: ((passage.searchable for passage in texts.values()), len(texts))
        for language, texts in collection.corpora.items()
    }
    with ExitStack() as stack:
        worker = PlacedEncoder(encoder, options, stack)
        cache = _cache_for(encoder, options)
        return Embeddings(
            _encode_role(worker, "query", cache, queries, show_progress),
            _encode_role(worker, "document", cache, passages, show_progress),
        )


@contextmanager
def encoded_passages(
    model: SentenceTransformer | Encoder, options: EncodingOptions | None, count: int, *, show_progress: bool = False
) -> Iterator[Callable[[str, Sequence[str]], Floats32]]:
    """Yield a function that encodes passages as :func:`encode` does, a block at a time; none of it stays in memory.

    Args:
        model: The model.
        options: How to encode; None for the defaults.
        count: Passages there will be, for the progress bar.
        show_progress: Whether to show one.

    Yields:
        Called with a language and texts in it, it returns their vectors, shape (texts, dimensions).

    Raises:
        ModelError: As for :func:`encode`; if the model is sparse.
        OutputError: If the cache cannot be written.
    """
    encoder, options = as_encoder(model, sparse=False), options or EncodingOptions()
    prompts = encoder.description.prompts("document")
    streams: dict[str | None, _Stream] = {}
    with ExitStack() as stack:
        worker = PlacedEncoder(encoder, options, stack)
        cache = _cache_for(encoder, options)
        desc = "Encoding passages"
        bar = stack.enter_context(progress_bar(desc=desc, total=0, unit="char", unit_scale=True, show=show_progress))

        def encode_texts(language: str, texts: Sequence[str]) -> Floats32:
            prompt = prompts.of(language)
            if cache is None or prompt not in streams:
                store = worker.store("document", prompt, cache)
                streams[prompt] = _Stream(partial(worker.encode, "document", prompt), worker, store, bar, count)
            rows = streams[prompt].read(texts)
            streams[prompt].flush()
            vectors: Floats32 = streams[prompt].take(rows)
            return vectors

        yield encode_texts


_Texts = Mapping[str, tuple[Iterable[str], int]]  # by language, with their number


def _cache_for(encoder: Encoder, options: EncodingOptions) -> EmbeddingCache | None:
    """Return the cache, or None, with a warning, if it cannot keep the vectors of this model."""
    if options.cache is None:
        return None
    if encoder.sparse:
        logger.warning("The vectors of a sparse encoder are not kept: the next evaluation encodes all texts again.")
        return None
    try:
        encoder.fingerprint  # noqa: B018  # raises an error
        if not encoder.description.dimensions:
            raise ModelError("The model does not report how many dimensions its vectors have.")
    except ModelError as error:
        logger.warning("Vectors are neither taken from the cache nor kept there. %s", error)
        return None
    return options.cache


def _encode_role(
    worker: PlacedEncoder, role: Role, cache: EmbeddingCache | None, texts: _Texts, show_progress: bool
) -> dict[str, Vectors]:
    """Encode the texts of one role, those behind one prompt after the other."""
    count = unread = sum(number for _, number in texts.values())
    kind, prompts = "queries" if role == "query" else "passages", worker.encoder.description.prompts(role)
    behind: dict[str | None, list[str]] = {}
    for language in texts:
        behind.setdefault(prompts.of(language), []).append(language)
    vectors: dict[str, Vectors] = {}
    with progress_bar(desc=f"Encoding {kind}", total=0, unit="char", unit_scale=True, show=show_progress) as bar:
        for prompt, languages in behind.items():
            store = worker.store(role, prompt, cache)
            stream = _Stream(partial(worker.encode, role, prompt), worker, store, bar, unread)
            rows = {language: stream.read(texts[language][0]) for language in languages}
            stream.flush()
            stored = cache is not None and 4 * count * (store.dimensions or 0) > cache.in_memory
            for language, blocks in rows.items():
                numbers = _joined(blocks)
                vectors[language] = StoredVectors(store, numbers) if stored else store.take(numbers)
                unread -= len(numbers)
    return {language: vectors[language] for language in texts}


class _Stream:
    """Texts read one after another: each is looked up, and the new ones are encoded a window at a time.

    The progress bar counts characters of new texts. Those not yet read, here or by later streams, are estimated: as
    many new ones as so far.
    """

    def __init__(
        self,
        encode: Callable[[list[str]], Rows],
        worker: PlacedEncoder,
        store: VectorStore,
        bar: tqdm[Any],
        count: int,
    ) -> None:
        self._encode = encode
        self._store = store
        self._bar = bar
        self._count = count
        self._before = bar.n
        self._known = len(store)  # rows from the cache come first
        self._read = self._cached = self._characters = 0
        self._pending: dict[bytes, str] = {}  # by key, in the order read
        self._unresolved: list[tuple[Ints, Ints, Keys]] = []
        self._grain = worker.options.batch_size * worker.count
        self._limit = max(1, CHUNK // worker.options.batch_size) * self._grain
        self._chunk = min(self._limit, 4 * self._grain)

    def read(self, texts: Iterable[str]) -> list[Ints]:
        """Look texts up.

        Returns:
            Their rows in the store, in blocks; -1 for some until :meth:`flush` is called.
        """
        blocks = []
        stream = iter(texts)
        room = WINDOW_BYTES // (4 * (self._store.dimensions or 1024)) + 1
        window = min(WINDOW, max(room, 2 * self._limit))
        while block := list(islice(stream, min(BLOCK, window))):
            keys = keys_of(block)
            rows = self._store.find(keys)
            missing = np.flatnonzero(rows < 0)
            for number in missing:
                key = keys[number].tobytes()
                if key not in self._pending:
                    self._pending[key] = block[number]
                    self._characters += len(block[number])
            if len(missing):
                self._unresolved.append((rows, missing, keys[missing]))
            blocks.append(rows)
            self._read += len(block)
            self._cached += int(np.count_nonzero((rows >= 0) & (rows < self._known)))
            self._show()
            del block  # before the next one is read
            if len(self._pending) >= window:
                self.flush()
                return_freed()
        return blocks

    def flush(self) -> None:
        """Encode the new texts, longest first, and fill in their rows."""
        if not self._pending:
            return
        keys = np.frombuffer(b"".join(self._pending), "<u8").reshape(-1, 2)
        texts = list(self._pending.values())
        encoded: list[tuple[list[int], Rows]] = []
        for numbers in self._chunks(sorted(range(len(texts)), key=lambda number: -len(texts[number]))):
            chunk = [texts[number] for number in numbers]
            encoded.append((numbers, self._encode(chunk)))
            self._store.secure(keys[numbers], encoded[-1][1])
            self._bar.update(sum(map(len, chunk)))
        self._store.commit(keys, _in_order(encoded))  # in the order read, so that later reads are of neighbours
        for rows, missing, wanted in self._unresolved:
            rows[missing] = self._store.find(wanted)
        self._pending.clear()
        self._unresolved.clear()

    def take(self, blocks: Sequence[Ints]) -> Any:
        """Gather the vectors of rows that :meth:`read` returned, once they are there."""
        return self._store.take(_joined(blocks))

    def _chunks(self, numbers: list[int]) -> Iterator[list[int]]:
        """Cut into whole batches that take a few seconds each, judging by those before."""
        start = 0
        while start < len(numbers):
            began = time.perf_counter()
            yield numbers[start : start + self._chunk]
            start += self._chunk
            pace = CHUNK_SECONDS / max(time.perf_counter() - began, 1e-9)
            self._chunk = min(self._limit, max(1, int(self._chunk * pace) // self._grain) * self._grain)

    def _show(self) -> None:
        unread = self._count - self._read
        self._bar.total = self._before + self._characters + round(unread * self._characters / max(1, self._read))
        if isinstance(self._store, CachedStore):
            self._bar.set_postfix_str(f"{self._cached:,} of {self._read:,} from the cache")


def _joined(blocks: Sequence[Ints]) -> Ints:
    return np.concatenate([np.empty(0, np.int64), *blocks])


def _in_order(encoded: list[tuple[list[int], Rows]]) -> Rows:
    """Put vectors into the order of their numbers, of which each part has some; the list is emptied."""
    if isinstance(encoded[0][1], SparseRows):
        parts = [part for _, part in encoded]
        return stack(parts)[np.argsort(np.concatenate([numbers for numbers, _ in encoded]))]
    vectors = np.empty((sum(len(part) for _, part in encoded), encoded[0][1].shape[1]), np.float32)
    while encoded:  # which takes less memory than stacking them first
        numbers, part = encoded.pop()
        vectors[numbers] = part
    return vectors
