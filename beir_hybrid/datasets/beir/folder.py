"""BeirFolder: a folder in BEIR's layout, which is read, and written with a marker."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.beir.content import CORPUS, FolderContent
from beir_hybrid.datasets.beir.marker import Marker, WrittenFile
from beir_hybrid.datasets.beir.reader import FolderReader, part_of
from beir_hybrid.datasets.beir.zip_file import archive_of, check_archive, ensure_archive, is_foreign_archive
from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.storage.files import check_output, existing
from beir_hybrid.storage.folders import new_folder

logger = logging.getLogger(__name__)


class WrittenFolder(NamedTuple):
    """A BEIR folder that this package wrote.

    Attributes:
        path: The folder.
        marker: What it holds.
        new: Whether it was written now; False if it was there with that content.
    """

    path: Path
    marker: Marker
    new: bool


@dataclass(frozen=True)
class BeirFolder:
    """A BEIR folder: ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/SPLIT.tsv``.

    Any can be read, and is a dataset that is loaded as the registered ones are. Those that this package writes have a
    marker, ``beir-hybrid.json``, by which they are known, and a zip of the same content beside them.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def marker(self) -> Marker | None:
        """What the folder holds, if this package wrote it."""
        return Marker.read(self.path)

    @property
    def name(self) -> str:
        """The name in its marker, or else the folder's own name."""
        marker = self.marker
        return marker.name if marker is not None else self.path.resolve().name

    @property
    def archive(self) -> Path:
        """The place of its zip."""
        return archive_of(self.path)

    @property
    def is_foreign(self) -> bool:
        """Whether the folder, or else its zip, exists and was not written by this package, or cannot be read."""
        try:
            return self._is_taken() or (self.marker is None and is_foreign_archive(self.archive))
        except OSError:
            return True

    def _is_taken(self) -> bool:
        # the marker is read again in case another process has put it there in between
        return self.marker is None and not self._is_free() and self.marker is None

    def _is_free(self) -> bool:
        try:
            if self.path.is_dir():
                return not any(self.path.iterdir())
        except FileNotFoundError:  # another process is replacing it
            return True
        return not self.path.exists() and not self.path.is_symlink()

    def check_place(self) -> None:
        """Refuse a place that is taken or cannot be written, before anything is loaded.

        Raises:
            OutputError: If a folder, file or zip is there that this package did not write, or nothing can be written.
        """
        try:
            taken, marker = self._is_taken(), self.marker
        except OSError as error:
            raise OutputError(f"{self.path} cannot be read: {error.strerror}.", "Choose another folder.") from error
        if taken:
            raise OutputError(
                f"{self.path} is there and was not written by beir-hybrid.",
                "Move it away, or choose another folder with --out.",
            )
        check_archive(self.archive)
        if marker is None or not marker.is_whole(self.path):  # a whole one may be all that is wanted
            for place in (self.path, self.path.parent):  # it is made beside its place
                check_output(place, "folder", "--out")

    def write(
        self,
        collection: MultilingualCollection | Mapping[str, MultilingualCollection],
        setting: str = "",
        *,
        overwrite: bool = False,
        licence: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> WrittenFolder:
        """Write a collection, or one of its settings, and a zip of the same content beside the folder.

        The folder is written elsewhere and moved, so that a killed process leaves the old one or the new one; the same
        content always becomes the same bytes. Stored corpora are read as a stream.

        Args:
            collection: The content of the split ``test``, or of each split by its name.
            setting: Such as ``en-de``; empty for all queries and all corpora.
            overwrite: Whether a folder with other content may be replaced, if this package wrote it.
            licence: Of the texts; the marker names it.
            options: What the collection was loaded with; the marker names them.

        Raises:
            UnknownNameError: If the collection has no such setting.
            ConfigurationError: If no query of a split has a relevant passage in the setting.
            DataFormatError: If an id has blanks, or splits contradict one another.
            OutputError: If something that this package did not write is in the way, the folder holds other content and
                ``overwrite`` is not given, or nothing can be written there.
        """
        self.check_place()
        given = collection if isinstance(collection, Mapping) else {"test": collection}
        content = FolderContent({split: part.setting(setting) for split, part in given.items()})
        marker = content.marker(self.path.name, setting, licence, plain_options(options or {}))
        new = self._must_write(marker, overwrite)
        if new:
            self._write(content, marker)
        ensure_archive(self.path, content.files())
        return WrittenFolder(self.path, marker, new)

    def _must_write(self, wanted: Marker, overwrite: bool) -> bool:
        """Return whether to write; not if it is there with that content, even if loaded with other options."""
        marker = self.marker
        if marker is None:
            return True
        same = replace(marker, options={}, files={}) == replace(wanted, options={})
        whole = marker.is_whole(self.path, thorough=True)
        if same and whole:
            return False
        if strangers := marker.strangers(self.path):
            raise OutputError(
                f"{self.path} is to be written anew, and {strangers[0]} in it is not beir-hybrid's.",
                "Move that away, or choose another folder with --out.",
            )
        if not whole:
            logger.warning("%s is damaged and is written anew.", self.path)
        elif not overwrite:
            raise OutputError(
                f"{self.path} holds {_difference(marker, wanted)}.",
                "Give --overwrite to replace it, or choose another folder with --out.",
            )
        return True

    def _write(self, content: FolderContent, marker: Marker) -> None:
        def is_same(place: Path) -> bool:
            other = Marker.read(place)
            if other == written and other.is_whole(place, thorough=True):
                return True  # another process was faster, and may be reading it
            self.check_place()
            return False

        with new_folder(self.path, is_same, fix="Choose another folder with --out.") as temporary:
            (temporary / "qrels").mkdir()
            for name, lines in content.files().items():
                with (temporary / name).open("wb") as file:
                    file.writelines(f"{line}\n".encode() for line in lines)
            written = replace(marker, files={name: WrittenFile.of(temporary / name) for name in content.files()})
            written.write(temporary)

    def load(
        self,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        split: str | None = None,
        language: str | None = None,
    ) -> MultilingualCollection:
        """Read the folder: a corpus below 64 MB into memory, a larger one once into the user's cache.

        There, or in the folder that ``BEIR_HYBRID_CACHE`` names, its passages are stored as memory-mapped files, and
        again whenever the file has changed. ``corpus.jsonl.gz`` and ``queries.jsonl.gz`` are read where the plain files
        are missing.

        The language of a document or query is what its metadata say (``{"language": "en"}``), or else what its id
        begins with (``en:17``, as :func:`~beir_hybrid.languages.code_of` reads it; only if every id that has no
        metadata does), or else ``language``. Ids that do not carry that language get it put before them, and a note of
        the collection says so.

        Translations of a question are linked by the queries' metadata (``{"language": "en", "group": "17"}``, the same
        group in each language), or else by ids that are equal after the language (``en:17``, ``ro:17``), or else not at
        all; see :func:`~beir_hybrid.translations.link_translations`. A folder that this package wrote links those that
        its dataset does. Linked queries count as one question in intervals and tests, and ``mrc`` compares them.

        Queries that the split does not judge are left out, as ``GenericDataLoader`` does. A relevant document that the
        corpus lacks is an error: BEIR would count it as never found, this package could not, and the numbers would
        differ. Judgements of grade 0 or below about such documents change no measure; they are left out, and a note
        counts them.

        Args:
            source: None: the folder is its own source.
            languages: Language codes; None for all.
            split: Which of the qrels; None for the only one, or that which the folder was written for, or ``test``.
            language: Language code of texts that name none; None for ``und``.

        Raises:
            MissingDataError: If a file is missing.
            ConfigurationError: If the folder has no such split, or ``language`` is no code.
            DataFormatError: If a line is malformed, an id occurs twice, or the qrels name an unknown query or a
                relevant document that is unknown; the message names file and line.
            LanguageError: If the folder lacks one of the languages.
        """
        if source is not None:
            raise ConfigurationError(f"A BEIR folder has no source {str(source)!r}.", "Leave it out.")
        return FolderReader(self.path, self.name, self.marker).read(split, language).select(languages)


def is_beir_folder(name: str | Path) -> bool:
    """Return whether a path means a BEIR folder: it has a corpus, or is a folder written with a separator."""
    path = existing(name)
    if path is None or not path.is_dir():
        return False
    return part_of(path, CORPUS).is_file() or "/" in str(name) or isinstance(name, Path)


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as they are read back from JSON, without those that are None."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in sorted(options.items())
        if value is not None
    }


def _difference(marker: Marker, wanted: Marker) -> str:
    """Say what else a folder holds."""
    for key in ("dataset", "setting", "splits", "options", "query_languages", "corpus_languages"):
        values = [getattr(each, key) for each in (marker, wanted)]
        if values[0] != values[1]:
            there, here = (", ".join(value) if isinstance(value, tuple) else repr(value) for value in values)
            return f"other content: its {key.replace('_', ' ')}: {there}, not {here}"
    return "other content under the same name"
