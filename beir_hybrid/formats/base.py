"""What a format is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from beir_hybrid.storage.pair_building import RowBatch


class PairFormat(Protocol):
    """Reads training data as others write them.

    Implementations are frozen dataclasses whose fields are the format's options, each with a default.

    Attributes:
        name: The name it is registered by.
    """

    name: ClassVar[str]

    def recognizes(self, path: Path) -> bool:
        """Return whether a file or folder is of this format, by its content; of a large one only a part is read.

        A format that is a special case of another must say no where it is not sure: two that say yes are an error.

        Args:
            path: A file or folder that exists.
        """
        ...

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows, in parts of some thousand; the same parts whenever the same content is read.

        Args:
            path: The file or folder.
            languages: Codes to read, where reading fewer saves time; other rows may still come. None for all.

        Yields:
            Columns of a store as far as the format knows them: ``group``, ``language``, ``question`` and ``passage``,
            and ``passage_language``, ``score``, ``negatives``, ``negative_languages`` and ``negative_scores``. What
            cannot be used may come too, such as empty texts: the store counts and drops it.

        Raises:
            DataFormatError: If the content cannot be read at all; what is wrong with single rows is counted instead.
        """
        ...
