"""EncodingForecast: what encoding a collection would take, from a sample of its texts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Ints
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.encode import WINDOW, WINDOW_BYTES
from beir_hybrid.evaluation.encoding.encoder import Encoder, as_encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.placement import cast, placed
from beir_hybrid.memory import held_memory, peak_memory
from beir_hybrid.passage import Passage
from beir_hybrid.prompts import Role
from beir_hybrid.storage.corpus import StoredCorpus

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SAMPLE = 4096
"""Texts of each role whose lengths are looked at, at most."""

SECONDS = 20.0
"""How long texts are encoded on a device, but for a batch of each length, which is always encoded."""

COUNTS = (1, 8, 64)
"""Numbers of devices that a forecast is for, besides the one asked for."""

_QUANTILES = (0.5, 0.0, 1.0, 0.25, 0.75, 0.9, 0.1)  # of the lengths at which batches are encoded
_ROUNDS = 5  # through these, at most
_PART, _PART_SECONDS = 512, 0.25  # texts that are encoded in one call, at most, and how long that should take
_OVERHEAD = 24  # bytes of a stored vector's key and checksum
_INDEX_BYTES = 32  # of memory by which an evaluation finds a vector in the cache

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DevicePace:
    """How fast one device encoded the sample, and what follows for all texts.

    Attributes:
        device: As asked for, such as ``cuda:0``.
        encoded: Texts that were encoded on it.
        seconds: What all texts would take on it alone.
        fastest: The same, had each batch been as fast as the fastest one of its length.
        slowest: The same with the slowest ones.
        memory: The most bytes that this process has held meanwhile; the accelerator's on one.
    """

    device: str
    encoded: int
    seconds: float
    fastest: float
    slowest: float
    memory: int


@dataclass(frozen=True)
class EncodingForecast:
    """What encoding a collection would take: an extrapolation from a sample of its texts.

    Attributes:
        dataset: Name of the collection.
        counts: Numbers of texts by role.
        sampled: Texts whose lengths were looked at.
        text_bytes: Of all texts in UTF-8, from the sample.
        dimensions: Of a vector.
        item_bytes: Of one number of a stored vector.
        id_bytes: Of an id in a shard's file, on average.
        paces: One for each kind of device asked for.
        devices: How many devices or workers were asked for, at least 1.
        driver_bytes: Memory of a process that hands out the work and encodes nothing itself.
        worker_bytes: Memory of a process that encodes.
        search_seconds: What the product of all queries and passages would take on this machine's CPU.
    """

    dataset: str
    counts: Mapping[Role, int]
    sampled: int
    text_bytes: float
    dimensions: int
    item_bytes: int
    id_bytes: float
    paces: Sequence[DevicePace]
    devices: int
    driver_bytes: float
    worker_bytes: float
    search_seconds: float

    @property
    def texts(self) -> int:
        """Number of all texts."""
        return sum(self.counts.values())

    @property
    def disk_bytes(self) -> float:
        """Bytes of all shards: vectors, their keys and checksums, and ids."""
        return self.texts * (self.dimensions * self.item_bytes + _OVERHEAD + self.id_bytes)

    @property
    def network_bytes(self) -> float:
        """Bytes over the network where texts and shards are on another machine: every text is read once."""
        return self.text_bytes + self.disk_bytes

    def seconds(self, pace: DevicePace, devices: int) -> float:
        """Return what all texts take on several such devices, which share them evenly; loading a model is left out."""
        return pace.seconds / devices


def forecast_encoding(
    model: SentenceTransformer | Encoder,
    collection: MultilingualCollection,
    options: EncodingOptions | None = None,
    *,
    workers: int | None = None,
    item_bytes: int = 4,
    seed: int = 0,
) -> EncodingForecast:
    """Encode a sample of a collection's texts, and tell what all of them would take; nothing is written.

    Texts are drawn at random and sorted by length, as :func:`~.encode.encode` does. Batches of several lengths are
    encoded, some of them more than once, and every other length takes what those beside it suggest. Devices of one kind
    count as equally fast: the first one of each kind is tried.

    Args:
        model: The model.
        collection: The texts.
        options: How to encode; the cache is left out: all texts count as new. None for the defaults.
        workers: How many workers would encode, each on one device; None for as many as there are devices.
        item_bytes: Of one number of a stored vector: 4, or 2 in float16.
        seed: Of the sample.

    Raises:
        ConfigurationError: If there is no text.
        ModelError: If the model cannot be loaded.
    """
    encoder, options = as_encoder(model), options or EncodingOptions()
    driver = held_memory()
    counts: dict[Role, int] = {
        "query": sum(map(len, collection.queries.values())),
        "document": sum(map(len, collection.corpora.values())),
    }
    samples = {role: _sample(collection, role, counts[role], seed) for role in counts}
    drawn = [text for rows in samples.values() for _, text in rows]
    if not drawn:
        raise ConfigurationError(f"{collection.name} has no text to encode.", "Choose another dataset.")
    text_bytes = sum(
        counts[role] * _mean([len(text.encode("utf-8", "replace")) for _, text in samples[role]]) for role in counts
    )
    id_bytes = sum(counts[role] * _mean([len(name) + 3 for name, _ in samples[role]]) for role in counts)
    kinds: dict[str, str] = {}
    for device in options.devices or (encoder.device,):
        kinds.setdefault(device.partition(":")[0], device)
    paces, vectors = [], np.empty((0, 0), np.float32)
    for device in kinds.values():
        pace, vectors = _measure(encoder, options, device, samples, counts)
        paces.append(pace)
    total, dimensions = sum(counts.values()), vectors.shape[1]
    window = min(total, WINDOW)
    return EncodingForecast(
        dataset=collection.name,
        counts=counts,
        sampled=len(drawn),
        text_bytes=text_bytes,
        dimensions=dimensions,
        item_bytes=item_bytes,
        id_bytes=id_bytes / total,
        paces=paces,
        devices=workers or max(1, len(options.devices)),
        driver_bytes=driver + counts["query"] * 4 * dimensions + _INDEX_BYTES * total,
        worker_bytes=peak_memory() + window * text_bytes / total + min(4 * dimensions * window, WINDOW_BYTES),
        search_seconds=counts["query"] * counts["document"] * _pair_seconds(vectors),
    )


def _sample(collection: MultilingualCollection, role: Role, count: int, seed: int) -> list[tuple[str, str]]:
    """Draw ids and texts at random, at most :data:`SAMPLE`."""
    by_language: Mapping[str, Mapping[str, Any]] = collection.queries if role == "query" else collection.corpora
    generator = np.random.default_rng([seed, role == "document"])
    chosen = np.sort(generator.choice(count, min(count, SAMPLE), replace=False))
    rows: list[tuple[str, str]] = []
    start = 0
    for texts in by_language.values():
        places = chosen[(chosen >= start) & (chosen < start + len(texts))] - start
        start += len(texts)
        for name, text in _at(texts, places):
            rows.append((name, text.searchable if isinstance(text, Passage) else text))
    return rows


def _at(texts: Mapping[str, Any], places: Ints) -> Iterator[tuple[str, Any]]:
    """Yield ids and texts at some places, in ascending order."""
    if isinstance(texts, StoredCorpus):
        for name in texts.identifiers(places):
            yield name, texts[name]
        return
    items, before = iter(texts.items()), 0
    for place in places.tolist():
        yield next(islice(items, place - before, None))
        before = place + 1


def _measure(
    encoder: Encoder,
    options: EncodingOptions,
    device: str,
    samples: Mapping[Role, list[tuple[str, str]]],
    counts: Mapping[Role, int],
) -> tuple[DevicePace, npt.NDArray[np.float32]]:
    """Encode batches of several lengths on a device; return its pace, and the vectors of one of them."""
    role: Role = "document" if samples["document"] else "query"
    texts = sorted((text for _, text in samples[role]), key=len)
    encode: Any = encoder.model.encode_document if role == "document" else encoder.model.encode_query
    with cast(encoder.model, options.dtype), placed(encoder.model, (device,)) as where:

        def run(batch: list[str]) -> npt.NDArray[np.float32]:
            prompt = encoder.description.prompts(role).usual
            encoded = encode(batch, prompt=prompt, batch_size=options.batch_size, show_progress_bar=False, **where)
            return np.asarray(encoded, np.float32)

        size = min(options.batch_size, len(texts))
        middle = (len(texts) - size) // 2
        vectors = run(texts[middle : middle + size])  # the first batch loads libraries and fills caches
        began = time.perf_counter()
        run(texts[middle : middle + size])
        enough = int(_PART_SECONDS / (time.perf_counter() - began))  # batches a call, as there are many in the end
        size = min(len(texts), max(1, min(enough, _PART // options.batch_size)) * options.batch_size)
        starts = sorted({round(quantile * (len(texts) - size)) for quantile in _QUANTILES})
        batches = [texts[start : start + size] for start in starts]
        times: list[list[float]] = [[] for _ in batches]
        until = time.perf_counter() + SECONDS
        for number in [number for _ in range(_ROUNDS) for number in range(len(batches))]:
            began = time.perf_counter()
            if began > until and all(times):
                break
            run(batches[number])
            times[number].append((time.perf_counter() - began) / size)
        memory = peak_memory(device)
    lengths = [_mean(list(map(len, batch))) for batch in batches]
    mean, lowest, highest = (
        sum(counts[each] * _per_text(samples[each], lengths, chosen(times)) for each in counts)
        for chosen in (_means, _lowest, _highest)
    )
    return DevicePace(device, size * sum(map(len, times)), mean, lowest, highest, memory), vectors


def _means(times: list[list[float]]) -> list[float]:
    return [_mean(each) for each in times]


def _lowest(times: list[list[float]]) -> list[float]:
    return list(map(min, times))


def _highest(times: list[list[float]]) -> list[float]:
    return list(map(max, times))


def _per_text(rows: list[tuple[str, str]], lengths: list[float], seconds: list[float]) -> float:
    """Return the mean time of a text, from the times at some lengths."""
    return float(np.interp([len(text) for _, text in rows], lengths, seconds).mean()) if rows else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _pair_seconds(vectors: npt.NDArray[np.float32]) -> float:
    """Measure the product of a query and a passage, as one of a large product."""
    many = np.resize(vectors, (2048, vectors.shape[1]))
    np.matmul(many, many.T)
    began = time.perf_counter()
    np.matmul(many, many.T)
    return (time.perf_counter() - began) / 2048**2
