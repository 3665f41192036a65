"""TranslationForecast: what translating pairs would take, from a sample of their texts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.translating.memory import TranslationMemory, number_of
from beir_hybrid.translating.options import TranslationOptions
from beir_hybrid.translating.rows import AT_ONCE, PairRows
from beir_hybrid.translating.translate import memory_folder
from beir_hybrid.translating.translator import Translator
from beir_hybrid.translating.work import translate_texts

SAMPLE = 256
"""Texts that are translated, at most."""

SECONDS = 20.0
"""How long texts are translated into each language, but for one batch, which always is."""


@dataclass(frozen=True)
class TranslationForecast:
    """What translating into a language would take: an extrapolation from a sample of the texts.

    Attributes:
        language: The code.
        rows: Rows to translate.
        texts: Distinct texts in them.
        characters: Of these texts.
        known: How many of them the memory has.
        sampled: How many were translated to measure the pace; nothing of that is kept.
        seconds: What all texts that are not in the memory would take, as this process does it.
    """

    language: str
    rows: int
    texts: int
    characters: int
    known: int
    sampled: int
    seconds: float


def forecast_translation(
    pairs: ParallelPairs,
    translator: Translator,
    options: TranslationOptions,
    *,
    memory: Path | None = None,
    shard: tuple[int, int] | None = None,
    seed: int = 0,
) -> list[TranslationForecast]:
    """Translate a sample of texts, and tell what all of them would take; nothing is written.

    Args:
        pairs: The pairs.
        translator: The model.
        options: What is translated, and how.
        memory: Folder of all memories; None for one in the user's cache.
        shard: Which part of the texts, and of how many; None for all.
        seed: Of the sample.

    Raises:
        LanguageError: If the pairs lack the source's language, or the model one of the languages.
    """
    rows = PairRows(pairs, options.source, options.targets)
    translator.check(options.source, options.targets)
    folder = memory_folder(translator, options, memory)
    forecasts = []
    for target in options.targets:
        known = TranslationMemory(folder / f"{options.source}-{target}")
        forecasts.append(_forecast(rows, target, translator, options, known, shard, seed))
        known.close()
    return forecasts


def _forecast(
    rows: PairRows,
    target: str,
    translator: Translator,
    options: TranslationOptions,
    memory: TranslationMemory,
    shard: tuple[int, int] | None,
    seed: int,
) -> TranslationForecast:
    """Count the texts of a language, and translate some that are drawn at random."""
    generator = np.random.default_rng(seed)
    count, (number, parts) = len(rows.rows[target]), shard or (0, 1)
    keys: set[int] = set()
    characters = known = left = 0
    drawn: list[tuple[float, str]] = []
    for start in range(0, count, AT_ONCE):
        texts = list(dict.fromkeys(rows.texts(target, start, start + AT_ONCE)))
        own = [(text, key) for text in texts if (key := number_of(text)) % parts == number]
        new = [text for text, key in own if key not in keys]
        keys.update(key for _, key in own)
        missing = memory.missing(new)
        characters += sum(map(len, new))
        known += len(new) - len(missing)
        left += sum(map(len, missing))
        drawn = sorted([*drawn, *zip(generator.random(len(missing)).tolist(), missing, strict=True)])[:SAMPLE]
    sample = [text for _, text in drawn]
    done, began, seconds = 0, time.perf_counter(), 0.0
    counted = 0
    for some in translate_texts(translator, sample, target, options):
        counted += len(some)
        done += sum(map(len, some))
        seconds = time.perf_counter() - began
        if done and seconds > SECONDS:
            break
    return TranslationForecast(
        target, count, len(keys), characters, known, counted, left * seconds / done if done else 0.0
    )
