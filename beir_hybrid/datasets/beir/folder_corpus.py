"""FolderCorpus: the passages of a BEIR folder, in memory or stored on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from beir_hybrid.datasets.beir.folder_rows import Name, Naming, folder_rows
from beir_hybrid.datasets.rows import Advance
from beir_hybrid.errors import DataFormatError
from beir_hybrid.passage import Passage

NamedPassage = tuple[int, str, Name, Passage]
"""Line, id in the file, id and language in the collection, and the passage."""


class NoPrefixError(Exception):
    """An id that should begin with its language does not; no error of the user's."""


@dataclass(frozen=True)
class FolderCorpus:
    """The passages of a BEIR folder.

    Attributes:
        corpora: Passages by language and by id in the collection, in the order of the file.
        naming: How they got their languages: by their ids only if all have them there.
        prefixed: Languages that were put before ids which did not carry them.
        find: Returns a passage's id in the collection by that in the file; None if there is no such passage.
    """

    corpora: Mapping[str, Mapping[str, Passage]]
    naming: Naming
    prefixed: frozenset[str]
    find: Callable[[str], str | None]


def identity(path: Path) -> list[str | int]:
    """Return what tells whether a file is the same as before: any change of it changes its size or one of its times.

    The time of the last change of its status cannot be set by programs, such as those that copy times along. A file
    elsewhere has another path, and one that takes this one's place another number.
    """
    state = path.stat()
    return [str(path.resolve()), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]


def read_twice_at_most(read: Callable[[Naming], FolderCorpus], naming: Naming) -> FolderCorpus:
    """Read with languages by ids, and without where an id turns out to have none."""
    try:
        return read(naming)
    except NoPrefixError:
        return read(naming._replace(by_prefix=False))


def named_passages(path: Path, naming: Naming, advance: Advance | None = None) -> Iterator[NamedPassage]:
    """Read a corpus as a stream.

    Args:
        path: The file.
        naming: How rows get their languages.
        advance: As for :func:`~beir_hybrid.datasets.rows.read_lines`.

    Raises:
        NoPrefixError: If an id does not begin with its language as it should.
        DataFormatError: If a line is malformed, there is no row, or the file changes meanwhile.
    """
    before, line = identity(path), 0
    for line, identifier, language, text, title, metadata in folder_rows(path, ("_id", "text", "title?"), advance):
        name = naming.name(identifier, language)
        if name is None:
            raise NoPrefixError
        context = metadata.get("context")
        yield line, identifier, name, Passage(text, title, context if isinstance(context, str) else "")
    if identity(path) != before:
        raise DataFormatError(f"{path} was changed while it was read.", "Run it again once it is written.")
    if not line:
        raise DataFormatError(f"{path} holds no document.", "Write the folder again.")
