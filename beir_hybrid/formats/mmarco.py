"""mMARCO: MS MARCO's passages and questions, translated into 13 languages (Bonifacio et al., arXiv:2108.13897)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.arrays import Bools, Ints
from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.formats.tsv import read_tsv
from beir_hybrid.languages import LANGUAGES, choose_languages
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import SCHEMA
from beir_hybrid.storage.text_table import TextTable
from beir_hybrid.texts import without_letters

_TRIPLES = "triples.train.ids.small.tsv"
_TRIPLES_SCHEMA = pa.schema([("qid", pa.int32()), ("positive pid", pa.int32()), ("negative pid", pa.int32())])
_TEXTS_SCHEMA = pa.schema([("id", pa.int32()), ("text", pa.binary())])
_CODES = {code: name.lower() for code, name in LANGUAGES.items()} | {"dt": "dutch"}  # dt in mMARCO's own ids
_ROWS = 2**13
_NOTHING = pa.RecordBatch.from_pylist([], schema=SCHEMA)


@dataclass(frozen=True)
class MMarco:
    """mMARCO's raw files: collections and training questions by language, and triples of ids.

    A group is a question with one of its passages, in every language. Texts are joined by id. Left out and counted are
    texts that are missing, hold neither letters nor digits, or are the English text again, and rows with such texts.

    Args:
        negatives: How many different negatives of the triples each row gets at most, those that come first.

    Raises:
        ConfigurationError: If that is not a whole number from 0 on.
    """

    name: ClassVar[str] = "mmarco"
    negatives: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.negatives, bool) or not isinstance(self.negatives, int) or self.negatives < 0:
            raise ConfigurationError(f"negatives is {self.negatives!r}.", "Give a whole number from 0 on.")

    def recognizes(self, path: Path) -> bool:
        """Return whether a folder holds the triples of ids and a language's collection, by mMARCO's names for them."""
        return path.is_dir() and _place(path, _TRIPLES) is not None and bool(_languages(path))

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`. The code of Dutch is ``nl``, or ``dt`` if asked for.

        Raises:
            MissingDataError: If the triples or the questions of a language are missing.
            LanguageError: If there is no collection of a language.
            DataFormatError: If a file is not of its columns.
        """
        known = _languages(path)
        chosen = choose_languages(languages or [code for code in known if code != "dt"], known, str(path))
        triples = _Triples(self.negatives)
        for rows, dropped, size in read_tsv(_find(path, _TRIPLES), _TRIPLES_SCHEMA):
            triples.add(rows)
            yield RowBatch(_NOTHING, dropped, size)
        english = (yield from _read_texts(path, "en", triples)) if "en" in known else None
        for language in chosen:
            if language == "en" and english is not None:
                texts, other = english, None
            else:
                texts, other = (yield from _read_texts(path, language, triples)), english
            for start in range(0, len(triples.groups), _ROWS):
                yield triples.join(slice(start, start + _ROWS), language, texts, other)


class _Texts(NamedTuple):
    """The wanted texts of a language."""

    questions: TextTable
    passages: TextTable


class _Triples:
    """The groups of the triples, and the first different negatives of each.

    Args:
        negatives: How many a group keeps at most.
    """

    def __init__(self, negatives: int) -> None:
        self._most = negatives
        self._owners = self._negatives = np.empty(0, np.int64)  # a group stands there once even without negatives

    @cached_property
    def groups(self) -> Ints:
        """Shape (groups,), sorted: a question's id times 2**32 plus its passage's. Ask when all triples are in."""
        return self._owners[np.diff(self._owners, prepend=-1) != 0]

    def add(self, rows: pa.RecordBatch) -> None:
        """Add triples."""
        questions, passages, negatives = (np.asarray(column).astype(np.int64) for column in rows.columns)
        owners = np.concatenate([self._owners, questions << 32 | passages])
        negatives = np.concatenate([self._negatives, negatives if self._most else passages])
        order = np.lexsort((negatives, owners))  # stable: of equal ones the first comes first
        new = (np.diff(owners[order], prepend=-1) != 0) | (np.diff(negatives[order], prepend=-1) != 0)
        kept = np.sort(order[new])
        kept = kept[np.argsort(owners[kept], kind="stable")]
        rank = np.arange(len(kept)) - np.searchsorted(owners[kept], owners[kept])
        kept = kept[rank < max(self._most, 1)]
        self._owners, self._negatives = owners[kept], negatives[kept]

    def tables(self) -> _Texts:
        """Return tables of all texts that are wanted, still empty."""
        passages = np.concatenate([self.groups & 0xFFFFFFFF, self._negatives])
        return _Texts(TextTable(self.groups >> 32), TextTable(passages))

    def join(self, part: slice, language: str, texts: _Texts, english: _Texts | None) -> RowBatch:
        """Return the rows of some groups in a language.

        Args:
            part: Which groups.
            language: Its code.
            texts: Its texts.
            english: The English ones that translations are compared with; None for no comparison.
        """
        groups = self.groups[part]
        questions, passages = groups >> 32, groups & 0xFFFFFFFF
        columns = {"group": pa.array([f"{q}:{p}" for q, p in zip(questions.tolist(), passages.tolist(), strict=True)])}
        columns["language"] = pa.array([language] * len(groups))
        dropped: Counter[str] = Counter()
        fine = np.ones(len(groups), bool)
        for name, ids in (("question", questions), ("passage", passages)):
            columns[name], fine = _take(name, ids, texts, english, dropped, fine)
        if self._most:
            columns["negatives"] = self._lists(groups, texts, english, dropped)
        return RowBatch(pa.RecordBatch.from_pydict(columns).filter(pa.array(fine)), +dropped)

    def _lists(self, groups: Ints, texts: _Texts, english: _Texts | None, dropped: Counter[str]) -> pa.ListArray:
        low, high = np.searchsorted(self._owners, groups), np.searchsorted(self._owners, groups, side="right")
        ids = self._negatives[low[0] : high[-1]]
        values, fine = _take("negative", ids, texts, english, dropped, np.ones(len(ids), bool))
        starts = np.concatenate([[0], np.cumsum(fine)])[np.append(low, high[-1]) - low[0]]
        return pa.ListArray.from_arrays(pa.array(starts, pa.int32()), values.filter(pa.array(fine)))


def _take(
    name: str, ids: Ints, texts: _Texts, english: _Texts | None, dropped: Counter[str], fine: Bools
) -> tuple[pa.StringArray, Bools]:
    """Look up texts, and tell those of use from others, which are counted where they are the first of their row."""
    tables = [each.questions if name == "question" else each.passages for each in (texts, english) if each is not None]
    values, *others = (table.take(ids) for table in tables)
    faults = [
        (f"no {name} in UTF-8 by the id", pc.is_null(values)),
        (f"a {name} without letters and digits", without_letters(values)),
        *((f"an untranslated {name}", pc.equal(*map(pc.utf8_trim_whitespace, (values, each)))) for each in others),
    ]
    for reason, wrong in faults:
        unfit = np.asarray(pc.fill_null(wrong, False)) & fine
        dropped[reason] += int(unfit.sum())
        fine = fine & ~unfit
    return values, fine


def _read_texts(path: Path, language: str, triples: _Triples) -> Generator[RowBatch, None, _Texts]:
    """Read a language's texts; yields how much was read, and returns them."""
    texts = triples.tables()
    name = _CODES[language]
    files = (f"queries/train/{name}_queries.train.tsv", f"collections/{name}_collection.tsv")
    for table, file in zip(texts, files, strict=True):
        for rows, dropped, size in read_tsv(_find(path, file), _TEXTS_SCHEMA):
            table.add(np.asarray(rows.column(0)).astype(np.int64), rows.column(1))
            yield RowBatch(_NOTHING, dropped, size)
    return texts


def _languages(path: Path) -> list[str]:
    """Return the codes of the languages that have a collection."""
    return [code for code, name in _CODES.items() if _place(path, f"collections/{name}_collection.tsv")]


def _place(path: Path, name: str) -> Path | None:
    places = (path / inner / name for inner in ("", "google", "data", "data/google"))
    return next((place for place in places if place.is_file()), None)


def _find(path: Path, name: str) -> Path:
    place = _place(path, name)
    if place is None:
        raise MissingDataError(
            f"{path} has no file {name}, neither directly nor in data/ or data/google/.", "Copy it into that folder."
        )
    return place
