"""Mining hard negatives into a store of pairs: resumable, whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.encode_folder import encode_folder
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.vector_folder import VectorFolder
from beir_hybrid.evaluation.search.device import SearchDevice
from beir_hybrid.mining.candidates import Finder, VectorFinder
from beir_hybrid.mining.cross_encoder import CrossEncoderScorer
from beir_hybrid.mining.options import MiningOptions
from beir_hybrid.mining.pool import Corpora, MiningPool, blocks
from beir_hybrid.mining.run_finder import RunFinder
from beir_hybrid.mining.work import Chunk, Mined, MiningWork, chunks_of, read_chunk
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.storage.files import json_or_none, write_json
from beir_hybrid.storage.locks import LOCK, locked
from beir_hybrid.storage.pair_building import RowBatch, RowSource, build_store
from beir_hybrid.storage.pair_store import PairStore, is_store
from beir_hybrid.verbosity import progress_bar
from beir_hybrid.workers import LocalWorkers, Workers

_STATE = "mining.json"
_VECTORS = "vectors"
_MINED = ("score", "negatives", "negative_languages", "negative_scores")


class LanguageYield(NamedTuple):
    """What was mined for the questions of a language.

    Attributes:
        language: The code.
        pairs: How many there are.
        short: How many of them got fewer negatives than wanted.
        negatives: How many were mined, for those that got enough.
        positive: Mean score of the pairs' own passages; NaN if unknown.
        negative: Mean score of the negatives; NaN if there are none.
    """

    language: str
    pairs: int
    short: int
    negatives: int
    positive: float
    negative: float


@dataclass(frozen=True)
class MinedPairs:
    """What :func:`mine_negatives` wrote.

    Attributes:
        store: The pairs with their negatives.
        passages: How many distinct passages were searched.
        languages: What was mined, by language of the questions.
    """

    store: PairStore
    passages: int
    languages: tuple[LanguageYield, ...]


@dataclass(frozen=True)
class Source:
    """What scores passages: a model, or runs of any system.

    Args:
        model: Encodes the pool. It is sent to workers of a cluster by ``opener``.
        encoding: How it encodes.
        opener: Opens the model elsewhere; None where there is no cluster.
        device: What multiplies vectors first; None for this processor.
        run: Instead of a model: a TREC run, or a folder of runs, with the ids of the pool's collection.
        scorer: A cross-encoder that scores candidates and positives again; None for none.
    """

    model: Encoder | None = None
    encoding: EncodingOptions | None = None
    opener: Any = None
    device: SearchDevice | None = None
    run: Path | None = None
    scorer: CrossEncoderScorer | None = None

    def identity(self) -> list[Any]:
        """Return what decides about scores."""
        if self.run is not None or self.model is None:
            paths = [] if self.run is None else sorted(self.run.glob("*")) if self.run.is_dir() else [self.run]
            parts: list[Any] = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in paths]
        else:
            encoding = self.encoding or EncodingOptions()
            parts = [self.model.fingerprint, encoding.dtype, encoding.backend]
        return [*parts, None if self.scorer is None else self.scorer.name]


def mine_negatives(
    pairs: ParallelPairs,
    source: Source,
    output: Path,
    options: MiningOptions | None = None,
    *,
    further: Corpora | None = None,
    workers: Workers | None = None,
    name: str = "",
    show_progress: bool | None = False,
) -> MinedPairs:
    """Mine hard negatives for pairs, and write a store of the pairs with them.

    Negatives that the pairs have are replaced, and so are scores, as those of two models cannot be compared. What is
    mined waits beside the output until all is, so that an interrupted run is continued by the same call.

    Args:
        pairs: Questions and passages; never is a passage of a question's own group, or of another that shares its
            answer (see :func:`~beir_hybrid.pairs.answers.number_answers`), in any language, or a text equal to one, a
            negative.
        source: What scores passages.
        output: Folder of the store.
        options: Which negatives are wanted; None for the defaults.
        further: Passages to search besides those of the pairs.
        workers: Who mines; None for this process.
        name: Name of the store; default: the folder's.
        show_progress: Whether to show progress on stderr; None for only in a terminal.

    Raises:
        OutputError: If the folder cannot be written, holds something else, or another process writes it.
        DataFormatError: If no pair got enough negatives, or a run names what is not in the pool.
        ModelError: If the model cannot be used.
    """
    options = options or MiningOptions()
    if output.exists() and not is_store(output) and (not output.is_dir() or any(output.iterdir())):
        raise OutputError(f"{output} holds something else than a store of pairs.", "Choose another folder: --output")
    folder = output.absolute().with_name(f".{output.absolute().name}.mining")
    pool = MiningPool(pairs, further)
    with locked(folder, f"the pairs {output}"):
        identity = json.loads(json.dumps([pool.checksum, source.identity(), asdict(options)]))
        if json_or_none(folder / _STATE) != {"schema": 1, "identity": identity}:
            _clear(folder)
            write_json(folder / _STATE, {"schema": 1, "identity": identity})
        chunks = chunks_of(pool)
        open_ = [chunk for chunk in chunks if read_chunk(folder, chunk) is None]
        if open_:
            _mine(pool, source, options, folder, open_, workers or LocalWorkers(), show_progress)
        mined = _read(pool, folder, chunks)
        rows = RowSource(pairs.name, identity, partial(_batches, pool, mined, options), len(pool))
        store = build_store([rows], output, name=name, show_progress=show_progress)
        _clear(folder)
    with suppress(OSError):  # another process has begun to mine again
        folder.rmdir()
    return MinedPairs(store, int(pool.starts[-1]), tuple(_yields(pool, mined, options)))


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def _mine(
    pool: MiningPool,
    source: Source,
    options: MiningOptions,
    folder: Path,
    chunks: Sequence[Chunk],
    workers: Workers,
    show_progress: bool | None,
) -> None:
    """Mine chunks, each into its file."""
    finder = _finder(pool, source, folder, workers, show_progress)
    work = MiningWork(pool, finder, options, folder, source.scorer)
    sizes = [chunk.stop - chunk.start for chunk in chunks]
    with progress_bar(show=show_progress, desc="Mining", total=sum(sizes), unit="pair", unit_scale=True) as bar:
        for _ in workers.run(work, chunks, weights=sizes, advance=bar.update):
            pass


def _finder(pool: MiningPool, source: Source, folder: Path, workers: Workers, show_progress: bool | None) -> Any:
    """Encode the pool, here or by the workers, and return what opens the finder."""
    if source.run is not None:
        return partial(RunFinder, path=source.run)
    if source.model is None:
        raise ConfigurationError("Nothing scores passages.", "Give a model or a run.")
    shown = show_progress is not False
    if isinstance(workers, LocalWorkers):
        vectors = encode(source.model, pool.collection, source.encoding, show_progress=shown)
        return partial(VectorFinder, vectors=vectors, device=source.device)
    path = folder / _VECTORS
    model = source.opener or source.model
    encode_folder(model, pool.collection, path, source.encoding, workers=workers, show_progress=shown)
    return partial(_of_folder, path=path, device=source.device)


def _of_folder(pool: MiningPool, path: Path, device: SearchDevice | None) -> Finder:
    return VectorFinder(pool, VectorFolder.open(path).embeddings(), device)


def _read(pool: MiningPool, folder: Path, chunks: Sequence[Chunk]) -> Mined:
    """Put what was mined into the order of the pairs."""
    parts = []
    for chunk in chunks:
        part = read_chunk(folder, chunk)
        if part is None:
            raise OutputError(f"{folder / chunk.file} is gone or damaged.", "Run the same command again.")
        parts.append(part)
    pair = np.concatenate([pool.pairs_of[chunk.language][chunk.start : chunk.stop] for chunk in chunks])
    count, positive = np.empty(len(pair), np.int64), np.empty(len(pair), np.float32)
    counts = np.concatenate([part.counts for part in parts])
    count[pair], positive[pair] = counts, np.concatenate([part.positive for part in parts])
    order = np.argsort(np.repeat(pair, counts), kind="stable")
    passage, score = (np.concatenate([getattr(part, each) for part in parts])[order] for each in ("passage", "score"))
    return Mined(count, passage, score, positive)


def _batches(pool: MiningPool, mined: Mined, options: MiningOptions) -> Iterator[RowBatch]:
    """Read the pairs with their negatives, some thousand at a time.

    Raises:
        ConfigurationError: If all pairs have fewer than wanted, and such pairs are left out.
    """
    if not options.keep_short and (mined.counts < options.negatives).all():
        raise ConfigurationError(
            f"None of {len(pool):,} pairs has {options.negatives} hard negatives.", options.more_negatives
        )
    codes = pa.array(pool.languages, pa.string())
    names = [name for name in pool.columns if name not in _MINED]
    ends = np.cumsum(mined.counts)
    for pairs in blocks(np.arange(len(pool))):
        counts, start = mined.counts[pairs], ends[pairs[0]] - mined.counts[pairs[0]]
        passages, scores = mined.passage[start : ends[pairs[-1]]], mined.score[start : ends[pairs[-1]]]
        offsets = pa.array(np.r_[0, np.cumsum(counts)].astype(np.int32))
        columns: dict[str, Any] = {name: pool.pairs.texts.take(name, pool.rows[pairs]) for name in names}
        columns["score"] = pa.array(mined.positive[pairs].astype(np.float64), from_pandas=True)
        columns["negatives"] = pa.ListArray.from_arrays(offsets, pool.texts(passages))
        columns["negative_languages"] = pa.ListArray.from_arrays(
            offsets, codes.take(pa.array(pool.language_of(passages)))
        )
        columns["negative_scores"] = pa.ListArray.from_arrays(offsets, pa.array(scores.astype(np.float64)))
        short = counts < options.negatives
        dropped: Counter[str] = Counter()
        batch = pa.RecordBatch.from_pydict(columns)
        if short.any() and not options.keep_short:
            dropped[f"fewer than {options.negatives} negatives"] = int(short.sum())
            batch = batch.filter(pa.array(~short))
        yield RowBatch(batch, dropped, len(pairs))


def _yields(pool: MiningPool, mined: Mined, options: MiningOptions) -> Iterator[LanguageYield]:
    owner = np.repeat(np.arange(len(pool)), mined.counts)
    enough = (mined.counts >= options.negatives) | options.keep_short
    language = np.where(enough[owner], pool.question_language[owner], -1)
    for place, code in enumerate(pool.languages):
        pairs = pool.pairs_of[code]
        if not len(pairs):
            continue
        chosen, known = language == place, mined.positive[pairs]
        known = known[np.isfinite(known)]
        yield LanguageYield(
            code,
            len(pairs),
            int((mined.counts[pairs] < options.negatives).sum()),
            int(chosen.sum()),
            float(known.mean()) if len(known) else float("nan"),
            float(mined.score[chosen].mean()) if chosen.any() else float("nan"),
        )
