"""TeacherVectors: a teacher's vectors of the training texts of one language, encoded before the training begins."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.errors import LanguageError, did_you_mean
from beir_hybrid.passage import Passage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beir_hybrid.evaluation.encoding.cache import EmbeddingCache
    from beir_hybrid.evaluation.encoding.vectors import Vectors
    from beir_hybrid.pairs.parallel import ParallelPairs

logger = logging.getLogger(__name__)
_AT_ONCE = 4096  # texts


@dataclass(frozen=True, eq=False)
class TeacherVectors:
    """The vectors of every group's question and passage in the teacher's language.

    Attributes:
        questions: For each source, its vectors, in memory or mapped, shape (groups with both texts, dimensions).
        passages: Likewise.
        places: Shape (groups of all sources,), the group's row in its source's vectors; -1 where a text is missing.
        bounds: Shape (sources + 1,), the first group of each source.
        dimensions: Of a vector.
    """

    questions: tuple[Vectors, ...]
    passages: tuple[Vectors, ...]
    places: Ints
    bounds: Ints
    dimensions: int

    def known(self, groups: Ints) -> Any:
        """Return whether the teacher has vectors of groups, shape (n,).

        Args:
            groups: Shape (n,), numbers over all sources.
        """
        return self.places[groups] >= 0

    def take(self, groups: Ints) -> tuple[Floats32, Floats32]:
        """Read the vectors of groups.

        Args:
            groups: Shape (n,), numbers over all sources, whose vectors are known.

        Returns:
            Those of the questions and of the passages, each of shape (n, dimensions).
        """
        both = np.empty((2, len(groups), self.dimensions), np.float32)
        owners = np.searchsorted(self.bounds, groups, side="right") - 1
        for source in np.unique(owners):
            rows = np.flatnonzero(owners == source)
            places = self.places[groups[rows]]
            both[0, rows], both[1, rows] = self.questions[source][places], self.passages[source][places]
        return both[0], both[1]


def encode_teacher(
    teacher: str, language: str, sources: Sequence[ParallelPairs], cache: EmbeddingCache | None = None
) -> TeacherVectors:
    """Encode the questions and passages of one language, as the teacher's prompts have them; then let the teacher go.

    Args:
        teacher: Name or folder of a model.
        language: The language.
        sources: The training data.
        cache: Where vectors are looked up and kept; None for the user's.

    Raises:
        LanguageError: If no group has both texts in that language.
        ModelError: If there is no such model, or its vectors cannot be compared.
        OutputError: If the cache cannot be written.
    """
    from beir_hybrid.evaluation.encoding.cache import open_cache
    from beir_hybrid.evaluation.encoding.encode import encode
    from beir_hybrid.evaluation.encoding.encoder import open_encoder
    from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
    from beir_hybrid.verbosity import is_quiet

    texts = [_TextsOfLanguage(pairs, language) for pairs in sources]
    known, total = sum(len(each.groups) for each in texts), sum(len(pairs.groups) for pairs in sources)
    if not known:
        codes = sorted({code for pairs in sources for code in pairs.languages})
        raise LanguageError(
            f"No group has its texts in the teacher's language {language!r}.", did_you_mean(language, codes)
        )
    if known < total:
        logger.warning(
            "%d of %d groups lack a text in the teacher's language %s: nothing is learnt of the teacher by them.",
            total - known,
            total,
            language,
        )
    options = EncodingOptions(cache=open_cache() if cache is None else cache)
    encoder = open_encoder(teacher, options)
    read: list[Any] = [_TeacherTextsOfSource(each, language) for each in texts]
    vectors = [encode(encoder, each, options, show_progress=not is_quiet()) for each in read]
    bounds = np.cumsum([0, *(len(pairs.groups) for pairs in sources)])
    places = np.full(total, -1, np.int64)
    for start, each in zip(bounds[:-1], texts, strict=True):
        places[start + each.groups] = np.arange(len(each.groups))
    questions = tuple(each.queries[language] for each in vectors)
    passages = tuple(each.passages[language] for each in vectors)
    return TeacherVectors(questions, passages, places, bounds, max(each.dimensions for each in vectors))


class _TextsOfLanguage:
    """The groups of a source that have both texts in a language.

    Args:
        pairs: The source.
        language: The language.
    """

    def __init__(self, pairs: ParallelPairs, language: str) -> None:
        numbers, self.pairs = pairs.numbers, pairs
        self.groups: Ints = np.empty(0, np.int64)
        if language in numbers.languages:
            place = numbers.languages.index(language)
            asked, answering = np.asarray(numbers.questions[:, place]), np.asarray(numbers.passages[:, place])
            self.groups = np.flatnonzero((asked >= 0) & (answering >= 0))
            self.rows = {"question": asked[self.groups], "passage": answering[self.groups]}


class _TeacherTexts:
    """One column of the texts, read some thousand at a time; what encoding takes for a mapping."""

    def __init__(self, texts: _TextsOfLanguage, column: str) -> None:
        self.texts, self.column = texts, column

    def __len__(self) -> int:
        return len(self.texts.groups)

    def values(self) -> Iterator[Any]:
        for start in range(0, len(self), _AT_ONCE):
            rows = self.texts.rows[self.column][start : start + _AT_ONCE]
            for text in self.texts.pairs.texts.take(self.column, rows).to_pylist():
                yield text if self.column == "question" else Passage(text)


class _TeacherTextsOfSource:
    """What encoding reads of a collection: texts by their language."""

    def __init__(self, texts: _TextsOfLanguage, language: str) -> None:
        self.queries = {language: _TeacherTexts(texts, "question")}
        self.corpora = {language: _TeacherTexts(texts, "passage")}
