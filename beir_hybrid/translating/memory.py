"""TranslationMemory: what was translated, on disk, in files that are only appended to.

Not SQLite, since the processes that share a memory may be nodes of a cluster: its locks are not to be relied on in
folders of a network, and its write-ahead log does not work there. Here no two processes write one file.
"""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from xxhash import xxh3_128_digest

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import OutputError
from beir_hybrid.storage.files import no_room
from beir_hybrid.storage.writers import writer_mark

_HEADER = struct.Struct("<16sII")  # a text's digest, bytes of its translation, checksum of both
_ENDING = ".translations"
_RECENT = 2**17  # translations whose places are in a dict before they are merged into the sorted arrays
_BLOCK = 2**24  # bytes read at once


class TranslationMemory:
    """Translations of one model in one direction, found by the digest of the text.

    Each writer appends to a file of its own, so that any number of processes share the folder; each sees what the
    others wrote after :meth:`refresh`. What a killed process wrote last and not whole is passed over. In memory are
    twenty bytes a translation.

    Args:
        folder: The folder; made when the first translation is added.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     memory = TranslationMemory(Path(folder))
        ...     memory.add({"Who?": "Wer?"})
        ...     memory.get(["Who?", "Me."])
        ['Wer?', None]
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._paths: list[Path] = []
        self._read: list[int] = []  # bytes of each file that are known
        self._readers: dict[int, BinaryIO] = {}
        self._writer: FileIO | None = None
        self._recent: dict[int, tuple[int, int]] = {}
        self._keys = np.empty(0, np.uint64)
        self._file, self._offset = np.empty(0, np.uint32), np.empty(0, np.int64)
        self.refresh()

    def __len__(self) -> int:
        """Number of translations, those that two writers both made counted twice."""
        return len(self._keys) + len(self._recent)

    def refresh(self) -> None:
        """Find out what was added, by others too."""
        known = {path: number for number, path in enumerate(self._paths)}
        for path in sorted(self.folder.glob(f"*{_ENDING}")):
            number = known.get(path, len(self._paths))
            if path not in known:
                self._paths.append(path)
                self._read.append(0)
            self._scan(number)

    def _scan(self, number: int) -> None:
        """Note the whole records of a file that are not known yet."""
        with self._paths[number].open("rb") as file:
            file.seek(self._read[number])
            rest = b""
            while block := file.read(_BLOCK):
                content, place = rest + block, 0
                while len(content) - place >= _HEADER.size:
                    key, size, checksum = _HEADER.unpack_from(content, place)
                    end = place + _HEADER.size + size
                    if end > len(content):
                        break
                    if zlib.crc32(content[place + _HEADER.size : end], zlib.crc32(key)) != checksum:
                        return  # what follows a damaged record cannot be found
                    self._note(key, number, self._read[number])
                    self._read[number] += end - place
                    place = end
                rest = content[place:]

    def _note(self, key: bytes, file: int, offset: int) -> None:
        self._recent[_short(key)] = file, offset
        if len(self._recent) >= _RECENT:
            keys = np.concatenate([self._keys, np.fromiter(self._recent, np.uint64)])
            files, offsets = np.array(list(self._recent.values()), np.int64).T
            order = np.argsort(keys, kind="stable")
            self._keys = keys[order]
            self._file = np.concatenate([self._file, files.astype(np.uint32)])[order]
            self._offset = np.concatenate([self._offset, offsets])[order]
            self._recent = {}

    def get(self, texts: Sequence[str]) -> list[str | None]:
        """Look up translations.

        Args:
            texts: Shape (n,).

        Returns:
            Shape (n,); None where there is none.

        Raises:
            OutputError: If the memory cannot be read any more.
        """
        keys = [_key(text) for text in texts]
        places = self._places(np.array([_short(key) for key in keys], np.uint64))
        values: list[str | None] = [None] * len(texts)
        known = [(*places[n], n) for n in range(len(keys)) if places[n][0] >= 0]
        for file, offset, n in sorted(known):
            values[n] = self._value(file, offset, keys[n])
        return values

    def _places(self, keys: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> list[tuple[int, int]]:
        """Return file and offset of each key; -1 where there is none."""
        place: Ints = np.searchsorted(self._keys, keys)
        there = np.zeros(len(keys), bool)
        if len(self._keys):
            there = self._keys[np.minimum(place, len(self._keys) - 1)] == keys
        return [
            (int(self._file[at]), int(self._offset[at])) if is_there else self._recent.get(key, (-1, -1))
            for at, is_there, key in zip(place.tolist(), there.tolist(), keys.tolist(), strict=True)
        ]

    def _value(self, file: int, offset: int, key: bytes) -> str | None:
        try:
            if file not in self._readers:
                self._readers[file] = self._paths[file].open("rb")
            reader = self._readers[file]
            reader.seek(offset)
            own, size, _ = _HEADER.unpack(reader.read(_HEADER.size))
            return reader.read(size).decode("utf-8") if own == key else None
        except (OSError, struct.error, UnicodeDecodeError) as error:
            raise OutputError(
                f"{self._paths[file]} has changed while it was read.", "Leave the folder as it is, and start again."
            ) from error

    def missing(self, texts: Iterable[str]) -> list[str]:
        """Return the texts that have no translation yet, each once."""
        distinct = list(dict.fromkeys(texts))
        known = self.get(distinct)
        return [text for text, value in zip(distinct, known, strict=True) if value is None]

    def add(self, translations: Mapping[str, str]) -> None:
        """Append translations, by their texts; they are with the system when this returns.

        Raises:
            OutputError: If they cannot be written.
        """
        try:
            if self._writer is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                path = self.folder / f"{time.time_ns():x}{writer_mark()}{_ENDING}"
                self._writer = path.open("xb", buffering=0)
                self._paths.append(path)
                self._read.append(0)
            records = {_key(text): value.encode("utf-8", "replace") for text, value in translations.items()}
            content = memoryview(b"".join(_record(key, value) for key, value in records.items()))
            while content:
                content = content[self._writer.write(content) :]
        except OSError as error:
            if self._writer is not None:
                self._writer.close()
            self._writer = None  # its last record may not be whole
            reason = no_room(error) or error.strerror or str(error)
            raise OutputError(
                f"{self.folder} cannot be written: {reason}.", "Free space, or choose another folder: --memory DIR"
            ) from error
        number = self._paths.index(Path(self._writer.name))
        for key, value in records.items():
            self._note(key, number, self._read[number])
            self._read[number] += _HEADER.size + len(value)

    def close(self) -> None:
        """Wait until all is on the disk, and close the files."""
        if self._writer is not None:
            os.fsync(self._writer.fileno())
            self._writer.close()
        for reader in self._readers.values():
            reader.close()
        self._writer, self._readers = None, {}

    def __del__(self) -> None:  # in a worker, nobody else closes them
        for file in (*self._readers.values(), self._writer):
            if file is not None:
                file.close()


def _record(key: bytes, value: bytes) -> bytes:
    return _HEADER.pack(key, len(value), zlib.crc32(value, zlib.crc32(key))) + value


def number_of(text: str) -> int:
    """Return 64 bits that follow from a text, the same everywhere."""
    return _short(_key(text))


def _key(text: str) -> bytes:
    return xxh3_128_digest(text.encode("utf-8", "surrogatepass"))


def _short(key: bytes) -> int:
    return int.from_bytes(key[:8], "little")
