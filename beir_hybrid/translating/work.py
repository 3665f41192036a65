"""TranslationWork: translates the texts of some rows at a time into the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from beir_hybrid.translating.memory import TranslationMemory, number_of
from beir_hybrid.translating.options import TranslationOptions
from beir_hybrid.translating.rows import PairRows
from beir_hybrid.translating.sentences import Segment, join, split
from beir_hybrid.translating.translator import Translator

_WAITING = 1024  # segments that are split and sorted by length before they are translated


class TranslationPart(NamedTuple):
    """Some rows that are translated into a language.

    Attributes:
        target: The language.
        start: Place of the first among the language's rows.
        stop: Place after the last.
    """

    target: str
    start: int
    stop: int


class Count(NamedTuple):
    """What was done of a part.

    Attributes:
        target: The language.
        texts: How many distinct texts the part has.
        translated: How many of them were not in the memory.
    """

    target: str
    texts: int
    translated: int


class TranslationWork:
    """Translates parts; it is sent to workers, which open everything when the first part comes.

    Args:
        rows: What is translated.
        opener: Loads the model.
        options: How texts are cut and batched.
        folder: Of the memory of this model; each direction has a folder in it.
        shard: Which texts, of how many parts; None for all. Equal texts are in the same one.
    """

    def __init__(
        self,
        rows: PairRows,
        opener: Callable[[], Translator],
        options: TranslationOptions,
        folder: Path,
        shard: tuple[int, int] | None = None,
    ) -> None:
        self.rows, self.opener, self.options, self.folder, self.shard = rows, opener, options, folder, shard

    @cached_property
    def _translator(self) -> Translator:
        return self.opener()

    @cached_property
    def _memories(self) -> dict[str, TranslationMemory]:
        return {}

    def memory(self, target: str) -> TranslationMemory:
        """Return the memory of translations into a language."""
        if target not in self._memories:
            for memory in self._memories.values():
                memory.close()
            self._memories.clear()  # one language comes after another
            self._memories[target] = TranslationMemory(self.folder / f"{self.options.source}-{target}")
        return self._memories[target]

    def __call__(self, part: TranslationPart) -> Count:
        """Translate what is not in the memory of a part."""
        memory = self.memory(part.target)
        texts = list(dict.fromkeys(self.rows.texts(part.target, part.start, part.stop)))
        if self.shard is not None:
            number, count = self.shard
            texts = [text for text in texts if number_of(text) % count == number]
        memory.refresh()
        missing = memory.missing(texts)
        for translations in translate_texts(self._translator, missing, part.target, self.options):
            memory.add(translations)
        return Count(part.target, len(texts), len(missing))

    def close(self) -> None:
        """Close the memories."""
        for memory in self._memories.values():
            memory.close()

    def __getstate__(self) -> dict[str, Any]:
        """Send what was given, and nothing that was opened."""
        return {name: value for name, value in vars(self).items() if name not in ("_translator", "_memories")}


def translate_texts(
    translator: Translator, texts: Sequence[str], target: str, options: TranslationOptions
) -> Iterator[dict[str, str]]:
    """Translate texts in batches of like lengths.

    Args:
        translator: The model.
        texts: Distinct ones.
        target: The language to translate to.
        options: How texts are cut and batched.

    Yields:
        Translations by their texts: each time those that a batch has made whole.
    """
    for start in range(0, len(texts), _WAITING):
        some = texts[start : start + _WAITING]
        cut = split(some, options.source, translator.lengths, options.split_above, translator.longest)
        yield {text: "" for text, segments in zip(some, cut, strict=True) if not segments}
        waiting = [len(segments) for segments in cut]
        written = [[""] * len(segments) for segments in cut]
        places = [(n, m, segment) for n, segments in enumerate(cut) for m, segment in enumerate(segments)]
        for batch in _batches(places, options.batch_tokens):
            answers = translator.translate([segment.text for _, _, segment in batch], options.source, target)
            whole = {}
            for (n, m, _), answer in zip(batch, answers, strict=True):
                written[n][m] = answer
                waiting[n] -= 1
                if not waiting[n]:
                    whole[some[n]] = join(written[n], cut[n], target)
            yield whole


def _batches(places: list[tuple[int, int, Segment]], most: int) -> Iterator[list[tuple[int, int, Segment]]]:
    """Put segments into batches, the longest first, whose tokens with filling are no more than so many."""
    batch: list[tuple[int, int, Segment]] = []
    for place in sorted(places, key=lambda each: -each[2].tokens):
        if batch and (len(batch) + 1) * max(1, batch[0][2].tokens) > most:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
