"""Translating pairs into a store of pairs: resumable, whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from beir_hybrid.errors import OutputError
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.storage.corpus import cache_folder
from beir_hybrid.storage.files import json_or_none, write_json
from beir_hybrid.storage.pair_building import RowBatch, RowSource, build_store
from beir_hybrid.storage.pair_rows import SCHEMA
from beir_hybrid.storage.pair_store import PairStore, is_store
from beir_hybrid.translating.guards import GUARDS, GuardOptions, LengthRatios, Similarity, faults
from beir_hybrid.translating.memory import TranslationMemory
from beir_hybrid.translating.options import TranslationOptions
from beir_hybrid.translating.rows import AT_ONCE, PairRows, negatives_of
from beir_hybrid.translating.translator import Translator
from beir_hybrid.translating.work import Count, TranslationPart, TranslationWork
from beir_hybrid.verbosity import progress_bar
from beir_hybrid.workers import LocalWorkers, Workers

_MEMORY = "memory.json"


@dataclass(frozen=True)
class LanguageCount:
    """What was translated into a language.

    Attributes:
        language: The code.
        rows: How many rows were translated.
        there: How many were not, since their group has the language.
        texts: How many texts that is, equal ones within some thousand rows counted once.
        translated: How many of them were translated now; the others were in the memory.
    """

    language: str
    rows: int
    there: int
    texts: int
    translated: int


@dataclass(frozen=True)
class TranslatedPairs:
    """What :func:`translate_pairs` did.

    Attributes:
        store: The pairs with their translations; None of a shard, which fills the memory only.
        languages: What was translated.
        apart: How many rows were left as they are, since only their question or passage is in the source's language.
        licence: Of the model; empty if unknown.
        memory: Folder of the memory.
        faults: How many translations a guard found something wrong with, by language and the guard's name, whether they
            were left out or not; equal ones within some thousand rows counted once.
    """

    store: PairStore | None
    languages: tuple[LanguageCount, ...]
    apart: int
    licence: str
    memory: Path
    faults: Mapping[tuple[str, str], int]


def memory_folder(translator: Translator, options: TranslationOptions, folder: Path | None = None) -> Path:
    """Return where a model's translations are kept.

    Args:
        translator: The model.
        options: How texts are cut.
        folder: Of all memories; None for one in the user's cache.
    """
    return (folder or cache_folder() / "translations") / f"{translator.fingerprint}-{options.split_above}"


def translate_pairs(
    pairs: ParallelPairs,
    opener: Callable[[], Translator],
    output: Path | None,
    options: TranslationOptions,
    *,
    about: Mapping[str, Any] | None = None,
    memory: Path | None = None,
    guards: GuardOptions | None = None,
    similarity: Similarity | None = None,
    shard: tuple[int, int] | None = None,
    workers: Workers | None = None,
    name: str = "",
    show_progress: bool | None = False,
) -> TranslatedPairs:
    """Translate pairs, and write a store of the pairs with their translations.

    A translation has the group, the score and the scores of negatives of its row; negatives in another language than
    that which is translated from stay as they are. Every text is translated once: what is translated is kept in the
    memory, so that an interrupted run is continued by the same call, and several processes share the work.

    Args:
        pairs: The pairs.
        opener: Loads the model, here and, if there are any, in workers, to which it is sent.
        output: Folder of the store; None, or a shard, to fill the memory only.
        options: What is translated, and how.
        about: What the store shall say about the model besides its fingerprint and licence, such as its name.
        memory: Folder of all memories; None for one in the user's cache.
        guards: Which translations are left out; None for all in which something is found.
        similarity: How alike texts and translations are; None if nothing says so.
        shard: Which part of the texts, and of how many, from 0 on; None for all.
        workers: Who translates; None for this process.
        name: Name of the store; default: the folder's.
        show_progress: Whether to show progress on stderr; None for only in a terminal.

    Raises:
        LanguageError: If the pairs lack the source's language, or the model one of the languages.
        ModelError: If the model cannot be used.
        OutputError: If the folder or the memory cannot be written.
    """
    guards, wrong = guards or GuardOptions(), Counter[tuple[str, str]]()
    if output is not None and output.exists() and not is_store(output) and any(output.iterdir()):
        raise OutputError(f"{output} holds something else than a store of pairs.", "Choose another folder: --output")
    rows = PairRows(pairs, options.source, options.targets)
    translator = opener()
    translator.check(options.source, options.targets)
    folder = memory_folder(translator, options, memory)
    said = {**(about or {}), "fingerprint": translator.fingerprint, "licence": translator.licence}
    if json_or_none(folder / _MEMORY) is None:
        write_json(folder / _MEMORY, said)
    local = workers is None or isinstance(workers, LocalWorkers)
    work = TranslationWork(rows, (lambda: translator) if local else opener, options, folder, shard)
    try:
        counts = _translate(work, workers or LocalWorkers(), show_progress)
        store = None
        if output is not None and shard is None:
            batches = partial(_batches, work, guards, similarity, wrong)
            source = RowSource(pairs.name, _identity(pairs, said, options, guards), batches, _size(rows))
            store = build_store([source], output, name=name, show_progress=show_progress)
    finally:
        work.close()
    return TranslatedPairs(store, tuple(_counted(rows, counts)), rows.apart, translator.licence, folder, wrong)


def _translate(work: TranslationWork, workers: Workers, show_progress: bool | None) -> list[Count]:
    """Translate what is not in the memory."""
    parts = [
        TranslationPart(target, start, min(start + AT_ONCE, len(rows)))
        for target, rows in work.rows.rows.items()
        for start in range(0, len(rows), AT_ONCE)
    ]
    sizes = [part.stop - part.start for part in parts]
    with progress_bar(show=show_progress, desc="Translating", total=sum(sizes), unit="row", unit_scale=True) as bar:
        return [count for _, count in workers.run(work, parts, weights=sizes, advance=bar.update)]


def _identity(pairs: ParallelPairs, said: Mapping[str, Any], options: TranslationOptions, guards: GuardOptions) -> Any:
    """Return what decides about the translated rows, with where the pairs are from."""
    store: PairStore | None = getattr(pairs, "store", None)
    sources = [] if store is None else store.about["sources"]
    content = {
        "pairs": pairs.checksum,
        "translated": {**said, **asdict(options), "guards": asdict(guards)},
        "sources": sources,
    }
    return json.loads(json.dumps(content))


def _size(rows: PairRows) -> int:
    return len(rows.originals) + sum(map(len, rows.rows.values()))


def _batches(
    work: TranslationWork, guards: GuardOptions, similarity: Similarity | None, counts: Counter[tuple[str, str]]
) -> Iterator[RowBatch]:
    """Read the pairs, and then their translations by language, some at a time; count what is wrong with these."""
    rows = work.rows
    counts.clear()
    for start in range(0, len(rows.originals), AT_ONCE):
        some = rows.originals[start : start + AT_ONCE]
        columns = {name: rows.pairs.texts.take(name, some) for name in rows.pairs.columns}
        yield RowBatch(pa.RecordBatch.from_pydict(columns), Counter(), len(some))
    for target, chosen in rows.rows.items():
        memory = work.memory(target)
        memory.refresh()
        starts, ratios = range(0, len(chosen), AT_ONCE), LengthRatios()
        for start in starts:
            known = _known(rows, target, start, memory)
            ratios.add(list(known), list(known.values()))
        for start in starts:
            known = _known(rows, target, start, memory)
            wrong = faults(list(known), list(known.values()), target, ratios, guards, similarity)
            counts.update((target, fault) for fault in wrong if fault)
            refused = {text: fault for text, fault in zip(known, wrong, strict=True) if fault in guards.drop}
            yield _translated(rows, target, start, known, refused)


def _known(rows: PairRows, target: str, start: int, memory: TranslationMemory) -> dict[str, str]:
    """Look up the translations of some rows' texts."""
    texts = list(dict.fromkeys(rows.texts(target, start, start + AT_ONCE)))
    known = {text: value for text, value in zip(texts, memory.get(texts), strict=True) if value is not None}
    if lost := len(texts) - len(known):
        raise OutputError(f"{memory.folder} lacks {lost:,} translations that it had.", "Run the same command again.")
    return known


def _translated(
    rows: PairRows, target: str, start: int, known: Mapping[str, str], refused: Mapping[str, str]
) -> RowBatch:
    """Put translations in the place of texts; rows with a refused one are left out, and refused negatives."""
    chosen = rows.rows[target][start : start + AT_ONCE]
    translated: list[dict[str, Any]] = []
    dropped: Counter[str] = Counter()
    for row in rows.read(chosen):
        name = next((name for name in ("question", "passage") if row[name] in refused), None)
        if name is not None:
            dropped[f"a {name} in {target} {GUARDS[refused[row[name]]]}"] += 1
            continue
        new = {**row, "language": target, "question": known[row["question"]], "passage": known[row["passage"]]}
        translated.append(new | {"passage_language": None} | _negatives(row, rows.source, target, known, refused))
    return RowBatch(pa.RecordBatch.from_pylist(translated, schema=SCHEMA), dropped, len(chosen))


def _negatives(
    row: Mapping[str, Any], source: str, target: str, known: Mapping[str, str], refused: Mapping[str, str]
) -> dict[str, list[Any] | None]:
    """Translate a row's negatives, but those of other languages; without refused ones."""
    negatives = negatives_of(row)
    kept = [
        number
        for number, (text, code) in enumerate(negatives)
        if code != source or (text not in refused and known[text])
    ]
    scores = row.get("negative_scores")
    ours = {number: negatives[number][1] == source for number in kept}
    columns: dict[str, list[Any]] = {
        "negatives": [known[negatives[n][0]] if ours[n] else negatives[n][0] for n in kept],
        "negative_languages": [target if ours[n] else negatives[n][1] for n in kept],
        "negative_scores": [scores[n] for n in kept] if scores else [],
    }
    return {name: values or None for name, values in columns.items()}


def _counted(rows: PairRows, counts: list[Count]) -> Iterator[LanguageCount]:
    for target in rows.targets:
        own = [count for count in counts if count.target == target]
        texts, translated = sum(count.texts for count in own), sum(count.translated for count in own)
        yield LanguageCount(target, len(rows.rows[target]), rows.there[target], texts, translated)
