"""KnownTexts: texts of evaluation sets, looked up exactly and nearly."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest, xxh32_intdigest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.languages import is_unspaced
from beir_hybrid.texts import digest_text, fold

if TYPE_CHECKING:
    from datasketch import MinHash

THRESHOLD = 0.7
"""Default of how alike texts must be to count as near."""

_LOWEST = 0.5  # below it, too many that are near would not come up at all
_WORDS, _LETTERS = 3, 4  # of a piece: where blanks are between words, and where they are not
_BANDS, _ROWS = 32, 4  # texts of a likeness of 0.7 fail to come up once in 6,000 times, those of 0.5 once in 8


class KnownText(NamedTuple):
    """A text of an evaluation set.

    Attributes:
        owner: Name of the set.
        language: Its language.
        text: The text.
    """

    owner: str
    language: str
    text: str


class Likeness(NamedTuple):
    """A text that is known.

    Attributes:
        place: Which of the texts that were looked up.
        known: What it is like.
        exact: Whether both are equal after :func:`~beir_hybrid.texts.fold`.
        value: The share of their pieces that both have (Jaccard's), 1 for equal ones.
    """

    place: int
    known: KnownText
    exact: bool
    value: float


class KnownTexts:
    """Texts of one kind, such as queries.

    Texts are near if they share most of their pieces: runs of three words, or of four letters in scripts that put no
    blanks between words; signs do not count. Few texts come that far: most have pieces that no known text has.
    Candidates are found by MinHash, and their likeness is then computed from all their pieces.

    Args:
        threshold: The least likeness that counts as near, in [0.5, 1].

    Raises:
        ConfigurationError: If it is another number.

    Examples:
        >>> known = KnownTexts()
        >>> known.add("xquad-r", "en", ["Who was the first woman to win a Nobel Prize in physics?"])
        >>> [one] = known.look_up(["Who was the first woman to win a Nobel Prize in chemistry?", "Who was it?"])
        >>> one.place, one.known.owner, one.exact, round(one.value, 2)
        (0, 'xquad-r', False, 0.82)
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        if not _LOWEST <= threshold <= 1:
            raise ConfigurationError(f"The threshold is {threshold}.", f"Give a number from {_LOWEST} to 1.")
        self._threshold = threshold
        self._texts: list[KnownText] = []
        self._exact: dict[bytes, list[int]] = {}
        self._pieces: list[npt.NDArray[np.uint64]] = []
        self._sketched: list[int] = []  # the texts that have a sketch
        self._sketches: list[npt.NDArray[np.uint32]] = [np.empty((0, _BANDS), np.uint32)]

    def add(self, owner: str, language: str, texts: Iterable[str]) -> None:
        """Add texts of an evaluation set in a language."""
        for text in texts:
            same = self._exact.setdefault(digest_text(text), [])
            if not same:
                pieces = _pieces_of(text)
                self._pieces.append(np.fromiter(pieces, np.uint64, len(pieces)))
                if pieces:
                    self._sketched.append(len(self._texts))
                    self._sketches.append(_sketch(pieces)[None])
            if all(self._texts[number].owner != owner for number in same):
                same.append(len(self._texts))
                self._texts.append(KnownText(owner, language, text))
        for name in ("_known_pieces", "_bands"):
            self.__dict__.pop(name, None)

    @cached_property
    def _known_pieces(self) -> npt.NDArray[np.uint64]:
        self._pieces = [np.unique(np.concatenate([*self._pieces, np.empty(0, np.uint64)]))]
        return self._pieces[0]

    @cached_property
    def _bands(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
        """Sketches by band, each sorted, and whose they are: tables of hashes would take forty times as much memory."""
        self._sketches = [np.concatenate(self._sketches)]
        order = np.argsort(self._sketches[0].T, axis=1).astype(np.int32)
        return np.take_along_axis(self._sketches[0].T, order, axis=1), order

    def look_up(self, texts: Sequence[str]) -> Iterator[Likeness]:
        """Find those texts that are known: of each evaluation set the equal one, or else the nearest.

        Args:
            texts: Some thousand texts.
        """
        others = []
        for place, text in enumerate(texts):
            if same := self._exact.get(digest_text(text)):
                yield from (Likeness(place, self._texts[number], True, 1.0) for number in same)
            else:
                others.append(place)
        pieces = [_pieces_of(texts[place]) for place in others]
        for number in self._worth_a_look(pieces):
            yield from self._nearest(others[number], pieces[number])

    def _worth_a_look(self, pieces: Sequence[set[int]]) -> list[int]:
        """Return the texts that may be near: as large a share of their pieces must be known."""
        counts = np.array([len(each) for each in pieces], np.int64)
        if not counts.sum() or not len(self._known_pieces):
            return []
        every = np.fromiter((piece for each in pieces for piece in each), np.uint64, int(counts.sum()))
        places = np.searchsorted(self._known_pieces, every)
        known = self._known_pieces[np.minimum(places, len(self._known_pieces) - 1)] == every
        shared = np.bincount(np.repeat(np.arange(len(counts)), counts), known, len(counts))
        return np.flatnonzero((shared >= self._threshold * counts) & (counts > 0)).tolist()

    def _nearest(self, place: int, pieces: set[int]) -> Iterator[Likeness]:
        best: dict[str, Likeness] = {}
        for number in self._candidates(pieces):
            other = _pieces_of(self._texts[number].text)
            value = len(pieces & other) / len(pieces | other)
            if value < self._threshold:
                continue
            for same in self._exact[digest_text(self._texts[number].text)]:
                known = self._texts[same]
                if known.owner not in best or value > best[known.owner].value:
                    best[known.owner] = Likeness(place, known, False, value)
        yield from best.values()

    def _candidates(self, pieces: set[int]) -> list[int]:
        """Return the texts whose sketches share a band with that of some pieces, sorted."""
        places = set[int]()
        for value, band, order in zip(_sketch(pieces), *self._bands, strict=True):
            places.update(order[np.searchsorted(band, value) : np.searchsorted(band, value, "right")].tolist())
        return sorted(self._sketched[place] for place in places)


class _Blanks(dict[int, str]):
    """Maps signs and marks between words to blanks."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = " " if unicodedata.category(letter)[0] in "PSZC" else letter
        return self[code]


_BLANKS = _Blanks()


def _pieces_of(text: str) -> set[int]:
    """Return hashes of a text's pieces; of a shorter text, that of the whole."""
    words = fold(text).translate(_BLANKS).split()
    if not words:
        return set()
    if is_unspaced(text):
        joined = "".join(words)
        runs = [joined[start : start + _LETTERS] for start in range(max(1, len(joined) - _LETTERS + 1))]
    else:
        runs = [" ".join(words[start : start + _WORDS]) for start in range(max(1, len(words) - _WORDS + 1))]
    return {xxh3_64_intdigest(run.encode("utf-8", "surrogatepass")) for run in runs}


def _sketch(pieces: set[int]) -> npt.NDArray[np.uint32]:
    """Return hashes of the bands of a MinHash, shape (bands,)."""
    sketch = _empty_sketch().copy()
    sketch.update_batch(sorted(pieces))
    bands = sketch.hashvalues.reshape(_BANDS, _ROWS)
    return np.array([xxh32_intdigest(band.tobytes()) for band in bands], np.uint32)


@cache
def _empty_sketch() -> MinHash:
    """Make what every sketch begins as: its permutations take as long as all the rest."""
    from datasketch import MinHash

    return MinHash(num_perm=_BANDS * _ROWS, hashfunc=_half)


def _half(piece: int) -> int:
    return piece & 0xFFFFFFFF
