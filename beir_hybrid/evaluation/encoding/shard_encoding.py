"""ShardEncoding: what a worker does for a folder of vectors, a shard at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from beir_hybrid.arrays import Floats32
from beir_hybrid.collection import LazyCorpus, MultilingualCollection
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.placed_encoder import PlacedEncoder
from beir_hybrid.evaluation.encoding.vector_description import VectorRange
from beir_hybrid.evaluation.encoding.vector_folder import VectorBlock, VectorFolder
from beir_hybrid.evaluation.encoding.vectors import VectorStore, keys_of
from beir_hybrid.prompts import Role
from beir_hybrid.storage.corpus import StoredCorpus

CHUNK = 4_096  # texts that are encoded between two steps of the progress bar, at most; for each device
WINDOW = 65_536  # texts sorted by length at once
WINDOW_BYTES = 64 << 20  # of their vectors, at most


class ShardEncoding:
    """Encodes shards of a folder; it is sent to workers, which open the model and the texts when the first shard comes.

    Args:
        path: The folder, which is described already.
        encoder: The model, or what opens it.
        collection: The texts, or what loads them.
        options: How to encode. Vectors in its cache are taken from there; none are added to it.

    Attributes:
        advance: Called with the number of texts after each step; None for nobody.
    """

    def __init__(
        self,
        path: Path,
        encoder: Encoder | Callable[[], Encoder],
        collection: MultilingualCollection | Callable[[], MultilingualCollection],
        options: EncodingOptions,
    ) -> None:
        self.path = path
        self.encoder = encoder
        self.collection = collection
        self.options = options
        self.advance: Callable[[float], object] | None = None

    def __call__(self, part: VectorRange) -> str:
        """Encode a shard that is not whole.

        Returns:
            What was wrong with it before; empty if it was whole.

        Raises:
            DataFormatError: If the shard there is of another model or other texts.
            ConfigurationError: If this machine's texts are not those that the folder describes.
            ModelError: If a vector cannot be scored or stored.
            OutputError: If the shard cannot be written.
        """
        fault = self._folder.fault(part, thorough=True)
        if fault:
            self._folder.write_blocks(part, self._blocks(part))
        elif self.advance is not None:
            self.advance(len(part))
        return fault

    def close(self) -> None:
        """Leave the model as it was."""
        self._stack.close()

    @cached_property
    def _folder(self) -> VectorFolder:
        return VectorFolder.open(self.path)

    @cached_property
    def _texts(self) -> MultilingualCollection:
        return self.collection if isinstance(self.collection, MultilingualCollection) else self.collection()

    @cached_property
    def _stack(self) -> ExitStack:
        return ExitStack()

    @cached_property
    def _worker(self) -> PlacedEncoder:
        encoder = self.encoder if isinstance(self.encoder, Encoder) else self.encoder()
        return PlacedEncoder(encoder, self.options, self._stack)

    @cached_property
    def _cached(self) -> dict[tuple[Role, str | None], VectorStore]:
        return {}

    def _store(self, role: Role, prompt: str | None) -> VectorStore:
        if (role, prompt) not in self._cached:
            self._cached[role, prompt] = self._worker.store(role, prompt, self.options.cache)
        return self._cached[role, prompt]

    def _rows(self, part: VectorRange) -> Iterator[tuple[str, str]]:
        """Yield ids and texts."""
        if part.role == "query":
            yield from islice(self._texts.queries.get(part.language, {}).items(), part.start, part.stop)
            return
        corpus = self._texts.corpora.get(part.language, {})
        known = self._folder.description.texts["document"][part.language]
        if isinstance(corpus, LazyCorpus) and corpus.checksum != known:
            raise ConfigurationError(
                f"The passages in {part.language} are not those that {self.path} describes.",
                "Check this machine's data.",
            )
        if isinstance(corpus, StoredCorpus):
            rows = islice(corpus.rows(part.start), len(part))
        else:
            rows = islice(corpus.items(), part.start, part.stop)
        for identifier, passage in rows:
            yield identifier, passage.searchable

    def _blocks(self, part: VectorRange) -> Iterator[VectorBlock]:
        window = min(WINDOW, WINDOW_BYTES // (4 * self._folder.description.dimensions) + 1)
        rows = self._rows(part)
        while block := list(islice(rows, window)):
            identifiers, texts = zip(*block, strict=True)
            yield self._encoded(part, identifiers, texts)

    def _encoded(self, part: VectorRange, identifiers: tuple[str, ...], texts: tuple[str, ...]) -> VectorBlock:
        """Encode a window of texts, longest first, each distinct text once."""
        prompt = self._worker.encoder.description.prompts(part.role).of(part.language)
        keys, store = keys_of(texts), self._store(part.role, prompt)
        vectors = np.empty((len(texts), self._folder.description.dimensions), np.float32)
        known = store.find(keys)
        if len(there := np.flatnonzero(known >= 0)):
            vectors[there] = store.take(known[there])
            self._tell(len(there))
        places: dict[bytes, list[int]] = {}
        for number in np.flatnonzero(known < 0).tolist():
            places.setdefault(keys[number].tobytes(), []).append(number)
        new = sorted(places.values(), key=lambda numbers: -len(texts[numbers[0]]))
        size = max(1, CHUNK // self.options.batch_size) * self.options.batch_size * self._worker.count
        for start in range(0, len(new), size):
            chunk = new[start : start + size]
            encoded: Floats32 = self._worker.encode(part.role, prompt, [texts[numbers[0]] for numbers in chunk])
            counts = [len(numbers) for numbers in chunk]
            vectors[[number for numbers in chunk for number in numbers]] = np.repeat(encoded, counts, axis=0)
            self._tell(sum(counts))
        return VectorBlock(identifiers, keys, vectors)

    def _tell(self, texts: int) -> None:
        if self.advance is not None:
            self.advance(texts)

    def __getstate__(self) -> dict[str, Any]:
        """Send what was given, and nothing that was opened."""
        return {name: getattr(self, name) for name in ("path", "encoder", "collection", "options")} | {"advance": None}
