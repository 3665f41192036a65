"""Surveying: training data are read once, and counted."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.arrays import Bools, Ints
from beir_hybrid.errors import DataFormatError
from beir_hybrid.languages import is_in_other_script
from beir_hybrid.pairs.survey import (
    LanguageSurvey,
    NegativeSurvey,
    RepeatedTexts,
    ScoreSurvey,
    Survey,
    TextSurvey,
)
from beir_hybrid.storage.buckets import Buckets
from beir_hybrid.storage.pair_building import RowSource
from beir_hybrid.storage.pair_rows import drop_unfit, fill_columns
from beir_hybrid.texts import Digests, digest_texts
from beir_hybrid.verbosity import progress_bar

_LONGEST = 2**20  # characters; longer texts count as this long
_BYTES = 200  # of a row, where only the size of the whole is known
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NEGATIVE = -1  # in a language's place


def survey_pairs(source: RowSource, *, show_progress: bool | None = False) -> Survey:
    """Survey training data, read once and in parts; digests of the texts are kept on disk meanwhile.

    Args:
        source: The rows.
        show_progress: Whether to show progress on stderr; None for only in a terminal.

    Raises:
        DataFormatError: If no row can be used.
    """
    with (
        tempfile.TemporaryDirectory(prefix="beir-hybrid-") as folder,
        progress_bar(show=show_progress, desc="Reading", total=source.size, unit="B", unit_scale=True) as bar,
    ):
        surveyor = _Surveyor(Path(folder), (source.size or 0) // _BYTES)
        for batch in source.batches():
            surveyor.left_out += batch.dropped
            surveyor.add(fill_columns(batch.rows))
            bar.update(batch.bytes_read)
        return surveyor.survey(source.name)


class _Surveyor:
    """Counts rows as they come in.

    Args:
        folder: For digests.
        count: How many rows are expected, about.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.left_out: Counter[str] = Counter()
        self.rows = self.outscored = 0
        self.codes: dict[str, int] = {}
        self.pairs, self.echoed = Counter[tuple[str, str]](), Counter[str]()
        self.other_script, self.lengths = Counter[tuple[str, str]](), dict[tuple[str, str], Ints]()
        self.negatives = np.zeros(1, np.int64)  # rows by number of negatives
        self.scores = {name: _Scores() for name in ("positives", "negatives")}
        self.groups = Buckets(folder, "groups", 2 * count)
        self.texts = {name: Buckets(folder, name, count) for name in ("question", "passage")}
        self.within = {name: Buckets(folder, f"{name}-within", count) for name in self.texts}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch with all columns."""
        rows, dropped = drop_unfit(batch)
        self.left_out += dropped
        if not len(rows):
            return
        self.rows += len(rows)
        languages = {"question": rows.column("language")}
        languages["passage"] = pc.coalesce(rows.column("passage_language"), languages["question"])
        self.pairs.update(zip(languages["question"].to_pylist(), languages["passage"].to_pylist(), strict=True))
        group = digest_texts(rows.column("group"), exact=True)
        digests = {}
        for name, codes in languages.items():
            numbers = np.array([self.codes.setdefault(code, len(self.codes)) for code in codes.to_pylist()])
            texts = rows.column(name)
            self._measure(name, texts, codes)
            digests[name] = digest_texts(texts)
            self.groups.add(group, numbers)
            self.texts[name].add(digests[name], _short(group))
            self.within[name].add(_mixed(group, digests[name]), numbers)
        same = (digests["question"] == digests["passage"]).all(axis=1)
        self.echoed.update(languages["question"].filter(pa.array(same)).to_pylist())
        self._add_negatives(rows, group)

    def _measure(self, name: str, texts: pa.Array, codes: pa.Array) -> None:
        lengths = np.minimum(pc.utf8_length(texts).to_numpy(), _LONGEST)
        written = zip(texts.to_pylist(), codes.to_pylist(), strict=True)
        self.other_script.update((name, code) for text, code in written if is_in_other_script(text, code))
        for code in pc.unique(codes).to_pylist():
            new = np.bincount(lengths[np.asarray(pc.equal(codes, code))])
            self.lengths[name, code] = _sum(self.lengths.get((name, code), new[:0]), new)

    def _add_negatives(self, rows: pa.RecordBatch, group: Digests) -> None:
        lists = rows.column("negatives")
        self.negatives = _sum(self.negatives, np.bincount(pc.fill_null(pc.list_value_length(lists), 0).to_numpy()))
        owners = np.asarray(pc.list_parent_indices(lists))
        if len(owners):
            mixed = _mixed(group[owners], digest_texts(pc.list_flatten(lists)))
            self.within["passage"].add(mixed, np.full(len(owners), _NEGATIVE))
        positive = rows.column("score").to_numpy(zero_copy_only=False)
        scored = rows.column("negative_scores")
        values = pc.list_flatten(scored).to_numpy(zero_copy_only=False)
        self.scores["positives"].add(positive)
        self.scores["negatives"].add(values)
        self.outscored += int((values >= positive[np.asarray(pc.list_parent_indices(scored))]).sum())

    def survey(self, name: str) -> Survey:
        """Return what was counted."""
        if not self.rows:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in self.left_out.most_common())
            raise DataFormatError(
                f"{name}: no row can be used{': ' if reasons else ''}{reasons}.", "Check the data's format."
            )
        sizes, by_language = self._count_groups()
        copied, answers = self._count_copies()
        languages = {}
        for code, number in sorted(self.codes.items()):
            questions, passages = (self._texts(kind, code, int(copied[kind][number])) for kind in self.texts)
            languages[code] = LanguageSurvey(int(by_language[number]), questions, passages, self.echoed[code])
        scores = {kind: one for kind, values in self.scores.items() if (one := values.survey())}
        return Survey(
            name,
            self.rows,
            int(sizes.sum()),
            left_out=dict(sorted(self.left_out.items())),
            languages=languages,
            sizes={str(size): int(count) for size, count in enumerate(sizes) if count},
            pairs={
                asked: {answer: count for (one, answer), count in sorted(self.pairs.items()) if one == asked}
                for asked in sorted({asked for asked, _ in self.pairs})
            },
            repeated={kind: _count_repeated(buckets) for kind, buckets in self.texts.items()},
            negatives=self._negatives(answers),
            scores=scores or None,
            outscored=self.outscored,
        )

    def _texts(self, kind: str, code: str, copied: int) -> TextSurvey:
        lengths = self.lengths.get((kind, code))
        if lengths is None:
            return TextSurvey()
        median, high = _quantile(lengths, 0.5), _quantile(lengths, 0.95)
        return TextSurvey(int(lengths.sum()), median, high, self.other_script[kind, code], copied)

    def _count_groups(self) -> tuple[Ints, Ints]:
        """Count groups by the number of their languages, and by language."""
        sizes, languages = np.zeros(len(self.codes) + 1, np.int64), np.zeros(len(self.codes), np.int64)
        for run, numbers, different in _runs(self.groups):
            sizes += np.bincount(np.bincount(run[different]), minlength=len(sizes))
            languages += np.bincount(numbers[different], minlength=len(languages))
        return sizes, languages

    def _count_copies(self) -> tuple[dict[str, Ints], int]:
        """Count texts that are equal to one of another language of their group, by language, and false negatives."""
        copied = {kind: np.zeros(len(self.codes), np.int64) for kind in self.within}
        answers = 0
        for kind, buckets in self.within.items():
            for run, numbers, different in _runs(buckets):
                texts = numbers != _NEGATIVE
                several = np.bincount(run[texts & different], minlength=run[-1] + 1) > 1
                copied[kind] += np.bincount(numbers[texts & several[run]], minlength=len(self.codes))
                answers += int((~texts & (np.bincount(run[texts], minlength=run[-1] + 1) > 0)[run]).sum())
        return copied, answers

    def _negatives(self, answers: int) -> NegativeSurvey | None:
        rows = self.negatives
        texts = int(rows @ np.arange(len(rows)))
        if not texts:
            return None
        return NegativeSurvey(texts, int((rows > 0).argmax()), _quantile(rows, 0.5), len(rows) - 1, answers)


class _Scores:
    """Adds up scores."""

    def __init__(self) -> None:
        self.count, self.total, self.bounds = 0, 0.0, [np.inf, -np.inf]

    def add(self, values: Any) -> None:
        known = values[np.isfinite(values)]
        if len(known):
            self.count, self.total = self.count + len(known), self.total + float(known.sum())
            self.bounds = [min(self.bounds[0], float(known.min())), max(self.bounds[1], float(known.max()))]

    def survey(self) -> ScoreSurvey | None:
        if not self.count:
            return None
        return ScoreSurvey(self.count, self.bounds[0], self.total / self.count, self.bounds[1])


def _sum(one: Ints, other: Ints) -> Ints:
    """Add histograms of any lengths."""
    result = np.zeros(max(len(one), len(other)), np.int64)
    result[: len(one)] += one
    result[: len(other)] += other
    return result


def _quantile(counts: Ints, share: float) -> int:
    """Return the smallest number that a share of those counted does not exceed."""
    return int(np.searchsorted(np.cumsum(counts), share * counts.sum()))


def _short(digests: Digests) -> Ints:
    """Return 63 bits of each digest."""
    return (digests[:, 0] >> np.uint64(1)).astype(np.int64)


def _mixed(one: Digests, other: Digests) -> Digests:
    """Return digests of pairs of texts."""
    return one * _MIX + other[:, ::-1]


def _runs(buckets: Buckets) -> Iterator[tuple[Ints, Ints, Bools]]:
    """Yield for each bucket the records' runs of equal digests, their numbers, and which numbers are new in a run."""
    for new, numbers in buckets:
        yield np.cumsum(new) - 1, numbers, new | np.r_[True, numbers[1:] != numbers[:-1]]


def _count_repeated(buckets: Buckets) -> RepeatedTexts:
    texts = rows = 0
    for run, _, different in _runs(buckets):
        several = np.bincount(run[different]) > 1
        texts += int(several.sum())
        rows += int(np.bincount(run)[several].sum())
    return RepeatedTexts(texts, rows)
