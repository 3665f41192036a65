"""MiningPool: what is mined for and in, as numbers and as a collection whose texts are read where they are needed."""

from __future__ import annotations

import hashlib
from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.arrays import Ints
from beir_hybrid.collection import MultilingualCollection, corpus_checksum
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus import StoredCorpus
from beir_hybrid.texts import Digests, digest_texts

AT_ONCE = 2**13  # rows that are read at once

Corpora = Mapping[str, Mapping[str, Passage]]
"""Further passages, by language and id."""


class _Further(NamedTuple):
    """Further passages of a language: those of a corpus that are at some places."""

    corpus: Mapping[str, Passage]
    places: Ints

    def passages(self) -> Iterator[Passage]:
        wanted = iter(self.places.tolist())
        place = next(wanted, None)
        for number, passage in enumerate(self.corpus.values()):
            if number == place:
                yield passage
                place = next(wanted, None)

    def texts(self, numbers: Ints) -> list[str]:
        if isinstance(self.corpus, StoredCorpus):
            identifiers = self.corpus.identifiers(self.places[numbers])
        else:
            every = list(self.corpus)
            identifiers = [every[place] for place in self.places[numbers].tolist()]
        return [self.corpus[identifier].searchable for identifier in identifiers]


class MiningPool:
    """The questions of pairs, and all distinct passages of them and of further corpora.

    Passages that :func:`~beir_hybrid.texts.fold` makes equal are one, in the language in which they stand first. They
    are numbered through the languages in order; pairs are numbered as their rows are.

    Args:
        pairs: The pairs.
        further: Further passages, which answer no question as far as anybody knows; those that are equal to one of the
            pairs' are left out.

    Attributes:
        pairs: As given.
        rows: Shape (pairs,), the row of each in the data's texts.
        languages: Language codes.
        question_language: Shape (pairs,), the number of the question's language.
        passage_language: Shape (pairs,), the number of the passage's.
        question_answer: Shape (pairs,), the answer of the question's group.
        group: Shape (pairs,), the group's number.
        passage: Shape (pairs,), the number of the passage.
        starts: Shape (languages + 1,), the number of each language's first passage, and how many there are.
        answer: Shape (passages,), the answer that each is; -1 for further ones.
    """

    def __init__(self, pairs: ParallelPairs, further: Corpora | None = None) -> None:
        self.pairs, self._given = pairs, further
        numbers = pairs.numbers
        held = np.unique(np.concatenate([numbers.questions.ravel(), numbers.passages.ravel()]))
        self.rows = held[held >= 0].astype(np.int64)
        self.group = numbers.group[self.rows].astype(np.int64)
        self.question_answer = self.group if numbers.answers is None else numbers.answers[self.group].astype(np.int64)
        self.languages = tuple(dict.fromkeys([*pairs.languages, *(further or {})]))
        self.question_language, self.passage_language, digests = self._read(self.languages)
        order = np.lexsort((np.arange(len(digests)), digests[:, 1], digests[:, 0]))
        new = np.r_[True, (digests[order][1:] != digests[order][:-1]).any(axis=1)]
        first, distinct = order[new], np.empty(len(order), np.int64)  # equal ones are in the order of their rows
        distinct[order] = np.cumsum(new) - 1
        self._further = {code: _new(corpus, digests) for code, corpus in (further or {}).items()}
        own = np.bincount(self.passage_language[first], minlength=len(self.languages))
        counts = [len(self._further[code].places) if code in self._further else 0 for code in self.languages]
        self.starts = np.cumsum([0, *(own + np.array(counts, np.int64))])
        self._own = own
        by_language = np.lexsort((first, self.passage_language[first]))
        number = np.empty(len(first), np.int64)
        language = self.passage_language[first[by_language]]
        number[by_language] = self.starts[language] + np.arange(len(first)) - (np.cumsum(own) - own)[language]
        self.passage = number[distinct]
        self._row_of = np.full(self.starts[-1], -1, np.int64)  # of the pairs' passages
        self._row_of[number] = self.rows[first]
        self.answer = np.full(self.starts[-1], -1, np.int64)
        self.answer[number] = self.question_answer[first]

    def _read(self, languages: Sequence[str]) -> tuple[Ints, Ints, Digests]:
        """Read the languages of all pairs, and digest their passages."""
        codes, texts = pa.array(languages, pa.string()), self.pairs.texts
        apart = "passage_language" in self.columns
        asked, answering, digests = [], [], [np.empty((0, 2), np.uint64)]
        for part in blocks(self.rows):
            code = texts.take("language", part)
            asked.append(np.asarray(pc.index_in(code, value_set=codes), np.int64))
            other = pc.coalesce(texts.take("passage_language", part), code) if apart else code
            answering.append(np.asarray(pc.index_in(other, value_set=codes), np.int64))
            digests.append(digest_texts(texts.take("passage", part)))
        return np.concatenate(asked), np.concatenate(answering), np.concatenate(digests)

    @property
    def columns(self) -> list[str]:
        """Names of the pairs' columns."""
        return self.pairs.columns

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.rows)

    def __reduce__(self) -> tuple[Any, ...]:  # worker processes open the texts themselves
        return type(self), (self.pairs, self._given)

    @cached_property
    def pairs_of(self) -> dict[str, Ints]:
        """The numbers of the pairs whose question is in a language, by language."""
        return {code: np.flatnonzero(self.question_language == place) for place, code in enumerate(self.languages)}

    @cached_property
    def group_passages(self) -> tuple[Ints, Ints]:
        """Where each group's passages begin, shape (groups + 1,), and their numbers."""
        order = np.argsort(self.group, kind="stable")
        return np.searchsorted(self.group[order], np.arange(self.group.max() + 2)), self.passage[order]

    def language_of(self, passages: Ints) -> Ints:
        """Return the numbers of the languages of passages."""
        language: Ints = np.searchsorted(self.starts, passages, side="right") - 1
        return language

    def texts(self, passages: Ints) -> pa.Array:
        """Look up passages by their numbers, in any order."""
        distinct, place = np.unique(passages, return_inverse=True)
        rows = self._row_of[distinct]
        values = np.empty(len(distinct), object)
        if (rows >= 0).any():
            values[rows >= 0] = self.pairs.texts.take("passage", rows[rows >= 0]).to_pylist()
        language = self.language_of(distinct)
        for number in np.unique(language[rows < 0]).tolist():
            here = (rows < 0) & (language == number)
            places = distinct[here] - self.starts[number] - self._own[number]
            values[here] = self._further[self.languages[number]].texts(places)
        return pa.array(values.tolist(), pa.string()).take(pa.array(place.reshape(-1)))

    def passages_in(self, language: int) -> Iterator[Passage]:
        """Read the passages of a language in the order of their numbers."""
        start, count = self.starts[language], self._own[language]
        for part in blocks(self._row_of[start : start + count]):
            yield from map(Passage, self.pairs.texts.take("passage", part).to_pylist())
        if further := self._further.get(self.languages[language]):
            yield from further.passages()

    def questions_in(self, language: int) -> Iterator[str]:
        """Read the questions of a language in the order of their pairs."""
        for part in blocks(self.rows[self.pairs_of[self.languages[language]]]):
            yield from self.pairs.texts.take("question", part).to_pylist()

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over all texts, shortened to 32 hexadecimal digits."""
        parts = [self.pairs.checksum, *self.pairs.languages]
        parts += [f"{code} {corpus_checksum(each.corpus)}" for code, each in self._further.items()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    @cached_property
    def collection(self) -> MultilingualCollection:
        """The questions and passages as a collection without judgements; ids are a language and a running number."""
        codes = dict(enumerate(self.languages))
        queries: dict[str, Any] = {code: PoolTexts(self, place, "query") for place, code in codes.items()}
        corpora: dict[str, Any] = {code: PoolTexts(self, place, "document") for place, code in codes.items()}
        return MultilingualCollection(
            self.pairs.name,
            {code: texts for code, texts in corpora.items() if len(texts)},
            {code: texts for code, texts in queries.items() if len(texts)},
            {},
        )


class PoolTexts(Mapping[str, Any]):
    """The questions or passages of a language, read as a stream.

    Args:
        pool: Whose they are.
        place: Number of the language.
        role: ``query`` for the questions, ``document`` for the passages.

    Attributes:
        language: Its code.
        checksum: 32 hexadecimal digits over the texts.
    """

    def __init__(self, pool: MiningPool, place: int, role: str) -> None:
        self.language = pool.languages[place]
        self.checksum = hashlib.sha256(f"{pool.checksum} {self.language} {role}".encode()).hexdigest()[:32]
        self._pool, self._place, self._role = pool, place, role

    def stream(self) -> Iterator[Any]:
        """Read the texts in order: questions as strings, passages as :class:`~beir_hybrid.passage.Passage`."""
        questions = self._role == "query"
        return self._pool.questions_in(self._place) if questions else self._pool.passages_in(self._place)

    def __len__(self) -> int:
        if self._role == "query":
            return len(self._pool.pairs_of[self.language])
        return int(self._pool.starts[self._place + 1] - self._pool.starts[self._place])

    def __iter__(self) -> Iterator[str]:
        return (f"{self.language}:{number}" for number in range(len(self)))

    def __getitem__(self, identifier: str) -> Any:
        language, _, number = identifier.partition(":")
        if language != self.language or not number.isdecimal() or int(number) >= len(self):
            raise KeyError(identifier)
        place = np.array([int(number)])
        if self._role == "document":
            return Passage(self._pool.texts(place + self._pool.starts[self._place])[0].as_py())
        rows = self._pool.rows[self._pool.pairs_of[self.language][place]]
        return self._pool.pairs.texts.take("question", rows)[0].as_py()

    def values(self) -> ValuesView[Any]:
        """Return the texts in order."""
        return _PoolValues(self)

    def items(self) -> ItemsView[str, Any]:
        """Return ids and texts in order."""
        return _PoolItems(self)


class _PoolItems(ItemsView[str, Any]):
    _mapping: PoolTexts

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return zip(self._mapping, self._mapping.stream(), strict=True)


class _PoolValues(ValuesView[Any]):
    _mapping: PoolTexts

    def __iter__(self) -> Iterator[Any]:
        return self._mapping.stream()


def blocks(numbers: Ints) -> Iterator[Ints]:
    """Cut numbers into parts of some thousand."""
    return (numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE))


def _new(corpus: Mapping[str, Passage], known: Digests) -> _Further:
    """Keep what is not equal to a known text, nor to an earlier one of the corpus."""
    seen = set(map(bytes, np.ascontiguousarray(known).view("V16").ravel()))
    places: list[int] = []
    texts = (passage.searchable for passage in corpus.values())
    part: list[str] = []

    def take(first: int) -> None:
        for place, digest in enumerate(digest_texts(pa.array(part, pa.string()))):
            if digest.tobytes() not in seen and part[place].strip():
                seen.add(digest.tobytes())
                places.append(first + place)

    number = 0
    for number, text in enumerate(texts, 1):
        part.append(text)
        if len(part) == AT_ONCE:
            take(number - len(part))
            part.clear()
    take(number - len(part))
    return _Further(corpus, np.array(places, np.int64))
