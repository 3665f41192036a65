"""StoredFolder: the passages of a large BEIR folder, read once into the user's cache."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from array import array
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Ints
from beir_hybrid.datasets.beir.folder_corpus import FolderCorpus, identity, named_passages, read_twice_at_most
from beir_hybrid.datasets.beir.folder_rows import DistinctNames, Naming
from beir_hybrid.errors import DataFormatError
from beir_hybrid.storage.corpus import MAKE_ROOM, StoredCorpus, cache_folder, hash_id
from beir_hybrid.storage.corpus_writer import CorpusWriter
from beir_hybrid.storage.files import json_or_none, map_array, write_json
from beir_hybrid.storage.folders import new_folder
from beir_hybrid.verbosity import progress_bar

_FORMAT = 1
_DESCRIPTION, _HASHES, _PLACES = "folder.json", "hashes.npy", "places.npy"
_WAITING = 2**26  # characters of passages that are not written yet, of all languages together
_CHECKED = 1000  # passages after which these are counted
_UNUSED_DAYS = 30  # after which a store that its file no longer matches is removed

logger = logging.getLogger(__name__)


class StoredFolder:
    """The passages of one corpus file as stored corpora, one of each language, beside an index of the file's ids.

    They are in the user's cache, in a folder named by the file's path, and written again whenever the file has changed.

    Args:
        path: The file.
        naming: How its rows get their languages.
    """

    def __init__(self, path: Path, naming: Naming) -> None:
        self.path = path
        self._naming = naming
        key = json.dumps([str(path.resolve()), *naming]).encode("utf-8", "surrogatepass")
        name = f"beir-{hashlib.blake2b(key, digest_size=8).hexdigest()}"
        self.folder = cache_folder() / "corpora" / name

    def open(self) -> FolderCorpus:
        """Return the passages, after storing them if need be.

        Raises:
            DataFormatError: As for :func:`~beir_hybrid.datasets.beir.reader.read_corpus`.
            OutputError: If the cache cannot be written.
        """
        return self._stored() or read_twice_at_most(self._store, self._naming)

    def _stored(self) -> FolderCorpus | None:
        """Open what is stored; None if that is nothing, damaged, or of an earlier state of the file."""
        content = json_or_none(self.folder / _DESCRIPTION)
        if content is None or content.get("source") != identity(self.path):
            return None
        try:
            if content["format"] != _FORMAT:
                return None
            naming = Naming(self._naming.language, bool(content["by_prefix"]))
            corpora = [StoredCorpus(self.folder / str(number)) for number in range(len(content["corpora"]))]
            if [[corpus.language, corpus.checksum] for corpus in corpora] != content["corpora"]:
                return None  # another process is replacing them
            index = _Index(corpora, map_array(self.folder / _HASHES), map_array(self.folder / _PLACES))
        except (OSError, ValueError, LookupError, TypeError, DataFormatError) as error:
            logger.warning("%s is damaged, and %s is read again: %s", self.folder, self.path, error)
            return None
        with suppress(OSError):  # of a cache that is another user's
            (self.folder / _DESCRIPTION).touch()
        by_language = {corpus.language: corpus for corpus in corpora}
        return FolderCorpus(by_language, naming, frozenset(map(str, content["prefixed"])), index.find)

    def _store(self, naming: Naming) -> FolderCorpus:
        source = identity(self.path)

        def is_same(other: Path) -> bool:
            return (json_or_none(other / _DESCRIPTION) or {}).get("source") == source and self._stored() is not None

        with new_folder(self.folder, is_same, fix=MAKE_ROOM) as temporary:
            description = {"format": _FORMAT, "source": source, "by_prefix": naming.by_prefix}
            with progress_bar(total=source[1], unit="B", unit_scale=True, desc=self.path.name, show=None) as bar:
                description |= _write(temporary, self.path, naming, bar)
            write_json(temporary / _DESCRIPTION, description)
        remove_outdated(self.folder.parent)
        stored = self._stored()
        if stored is None:
            raise DataFormatError(f"{self.path} was changed while it was read.", "Run it again once it is written.")
        return stored


def remove_outdated(parent: Path) -> None:
    """Remove what nobody will open again: stores of files that have changed or gone, and unused for a month.

    A file counts as gone only where the folder it was in is there, and a month must pass as other machines that share
    a cache may have other files of the same names.

    Args:
        parent: Folder of the stores.
    """
    for folder in parent.glob("beir-*"):
        content = json_or_none(folder / _DESCRIPTION) or {}
        with suppress(OSError, LookupError, TypeError):  # of what is not there or no store, which stays
            source = Path(content["source"][0])
            if time.time() - (folder / _DESCRIPTION).stat().st_mtime < _UNUSED_DAYS * 86_400:
                continue
            if source.parent.is_dir() and not (source.exists() and identity(source) == content["source"]):
                shutil.rmtree(folder)
                logger.info("Removed %s from the cache: %s is not what was stored there any more.", folder, source)


def _write(folder: Path, path: Path, naming: Naming, bar: Any) -> dict[str, Any]:
    """Store the passages of each language in a folder of its own, in the order of their first passages."""
    writers: dict[str, CorpusWriter] = {}
    lines: dict[str, array[int]] = {}
    hashes, languages, prefixed = array("Q"), array("H"), set()
    numbers: dict[str, int] = {}
    with ExitStack() as stack:
        for line, identifier, name, passage in named_passages(path, naming, bar.update):
            language = name.language
            if language not in writers:
                numbers[language], lines[language] = len(numbers), array("Q")
                place = folder / str(numbers[language])
                place.mkdir()
                where = partial(_where, path, lines[language])
                writers[language] = stack.enter_context(CorpusWriter(place, language, where))
            lines[language].append(line)
            hashes.append(hash_id(identifier))
            languages.append(numbers[language])
            writers[language].add(name.identifier, passage)
            if identifier != name.identifier:
                prefixed.add(language)
            if (
                len(writers) > 1
                and len(hashes) % _CHECKED == 0
                and sum(each.waiting for each in writers.values()) > _WAITING
            ):
                for each in writers.values():
                    each.flush()
        for each in writers.values():
            each.flush()
        _refuse_repeated(path, naming, hashes, [writer.hashes for writer in writers.values()])
    of_row = np.frombuffer(languages, np.uint16)
    places = np.empty(len(of_row), np.int64)
    for number in range(len(writers)):
        rows = np.flatnonzero(of_row == number)
        places[rows] = np.arange(len(rows)) * len(writers) + number
    order = np.argsort(np.frombuffer(hashes, np.uint64), kind="stable")
    np.save(folder / _HASHES, np.frombuffer(hashes, np.uint64)[order])
    np.save(folder / _PLACES, places[order])
    corpora = [StoredCorpus(folder / str(number)) for number in range(len(writers))]
    return {"prefixed": sorted(prefixed), "corpora": [[corpus.language, corpus.checksum] for corpus in corpora]}


def _where(path: Path, lines: array[int], row: int) -> str:
    return f"{path}:{lines[row]}"


def _refuse_repeated(path: Path, naming: Naming, old: array[int], new: list[array[int]]) -> None:
    """Read the file again where hashes of ids occur twice, and refuse ids that do, with their lines."""
    repeated = [_repeated(old), set().union(*map(_repeated, new))]
    if not any(repeated):
        return
    for suspects, is_name in zip(repeated, (False, True), strict=True):
        distinct = DistinctNames(path)
        for line, identifier, name, _ in named_passages(path, naming) if suspects else ():
            if is_name and hash_id(name.identifier) in suspects:
                distinct.add_name(identifier, name)
            elif not is_name and hash_id(identifier) in suspects:
                distinct.add(identifier, line)


def _repeated(hashes: array[int]) -> set[int]:
    ordered = np.sort(np.frombuffer(hashes, np.uint64))
    return set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())


class _Index:
    """Where passages are by their ids in the file.

    Args:
        corpora: One of each language.
        hashes: Shape (passages,), those of the ids, sorted.
        places: Shape (passages,), each one's position in its corpus times the number of corpora, plus the corpus's.
    """

    def __init__(self, corpora: list[StoredCorpus], hashes: npt.NDArray[np.uint64], places: Ints) -> None:
        if not len(hashes) == len(places) == sum(map(len, corpora)) or hashes.dtype != np.uint64:
            raise ValueError("its index has another length")
        self._corpora = corpora
        self._hashes = hashes
        self._places = places

    def find(self, identifier: str) -> str | None:
        """Return the id in the collection of a passage by that in the file; None if there is no such passage."""
        wanted = np.uint64(hash_id(identifier))
        place = int(np.searchsorted(self._hashes, wanted))
        while place < len(self._hashes) and self._hashes[place] == wanted:  # several only where hashes collide
            position, number = divmod(int(self._places[place]), len(self._corpora))
            corpus = self._corpora[number]
            name = corpus.identifier(position)
            if name in (identifier, f"{corpus.language}:{identifier}"):
                return name
            place += 1
        return None
