"""VectorFolder: the vectors of a collection on disk, in shards that are whole or not there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple, TextIO
from uuid import uuid4

import numpy as np

from beir_hybrid.arrays import Floats32
from beir_hybrid.collection import MultilingualCollection, corpus_checksum
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, OutputError, plural, shorten
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.shard_store import ShardStore
from beir_hybrid.evaluation.encoding.vector_description import VectorDescription, VectorRange, read_description
from beir_hybrid.evaluation.encoding.vector_shard import Records, VectorShard, pack, write_rows
from beir_hybrid.evaluation.encoding.vectors import Keys, StoredVectors, Vectors, keys_of
from beir_hybrid.prompts import Role
from beir_hybrid.storage.checksums import damage, file_checksum, record
from beir_hybrid.storage.files import json_or_none, parse_json, sync, write_json
from beir_hybrid.storage.folders import check_strangers, new_folder, remove_stale

_DESCRIPTION, _SHARD, _VECTORS, _IDS = "vectors.json", "shard.json", "vectors.npy", "ids.jsonl"
NOT_THERE = "it is not there"
"""The fault of a shard that nobody has written."""

_WRONG = {"fingerprint": "is of another model", "texts": "is of other texts"}


class VectorBlock(NamedTuple):
    """Some texts' vectors on their way to a file.

    Attributes:
        identifiers: Ids of the texts.
        keys: Shape (texts, 2), of :func:`~.vectors.keys_of`.
        vectors: Shape (texts, dimensions).
    """

    identifiers: Sequence[str]
    keys: Keys
    vectors: Floats32


class VectorFolder:
    """The vectors of a collection, as ``beir-hybrid encode`` writes them and everybody reads them.

    ``vectors.json`` describes them. Each shard is a folder of ``vectors.npy`` (a :class:`~.vector_shard.VectorShard`),
    ``ids.jsonl`` (an id a line, as JSON) and ``shard.json`` (what it holds, and checksums of both files), which appears
    as a whole, so that any number of processes may write at a time.

    Args:
        path: The folder.
        description: What it holds.
    """

    def __init__(self, path: Path, description: VectorDescription) -> None:
        self.path = Path(path)
        self.description = description
        self.shards: Sequence[VectorRange] = description.ranges

    @classmethod
    def create(cls, path: Path, description: VectorDescription) -> VectorFolder:
        """Make a folder, or open one for the same vectors, whose cut into shards then holds.

        Args:
            path: The folder; made when it is not there.
            description: What it is to hold.

        Raises:
            ConfigurationError: If it holds vectors of another model, of other texts or in another format.
            OutputError: If it cannot be written.
        """
        place = Path(path) / _DESCRIPTION
        if not place.is_file():
            own = place.with_name(f".{_DESCRIPTION}.{uuid4().hex}.tmp")
            try:
                write_json(own, description.content())
                os.link(own, place)  # of several processes, the first one decides
            except FileExistsError:
                pass
            except OutputError:
                raise
            except OSError:  # a file system without links, where the last one decides
                own.replace(place)
            finally:
                own.unlink(missing_ok=True)
        there = cls.open(path)
        remove_stale(there.path, "shard-*")  # which nobody writes again once they are whole
        if difference := there.description.difference(description):
            raise ConfigurationError(f"{path} holds {difference}.", "Choose another folder: --output DIR")
        return there

    @classmethod
    def open(cls, path: Path) -> VectorFolder:
        """Open a folder.

        Raises:
            MissingDataError: If there is none.
            DataFormatError: If its description is damaged.
        """
        return cls(path, read_description(Path(path) / _DESCRIPTION))

    @staticmethod
    def check_free(path: Path) -> None:
        """Check that vectors may be put into a folder, or that it is one of vectors, without touching anything.

        Raises:
            OutputError: If it holds anything else.
        """
        if path.is_dir() and not (path / _DESCRIPTION).is_file():
            others = (each.name for each in path.iterdir() if not (each / _SHARD).is_file())
            check_strangers(path, (name for name in others if name[0] != "."), "a folder of vectors")

    def missing(self) -> list[VectorRange]:
        """Return the shards that are not there, or whose files are not as long as they were.

        Raises:
            DataFormatError: If a shard belongs to another model or to other texts.
        """
        return [part for part in self.shards if self.fault(part)]

    def fault(self, part: VectorRange, *, thorough: bool = False) -> str:
        """Say what is wrong with a shard; empty if it is whole.

        Args:
            part: The shard.
            thorough: Whether to read its files and compare their checksums, and not only their lengths.

        Raises:
            DataFormatError: If it belongs to another model or to other texts.
        """
        folder = self.path / part.name
        if not folder.is_dir():
            return NOT_THERE
        content = json_or_none(folder / _SHARD)
        if content is None:
            return f"{_SHARD} cannot be read"
        for name, value in self.description.shard(part).items():
            if content.get(name) != value:
                wrong = _WRONG.get(name, f"has the {name} {shorten(content.get(name))}, not {value!r}")
                raise DataFormatError(f"{folder} {wrong}.", f"Delete it. {self.description.command(self.path)}")
        files = content.get("files")
        if thorough:
            return damage(folder, files)
        try:
            for file in (_VECTORS, _IDS):
                if (size := (folder / file).stat().st_size) != files[file]["bytes"]:  # type: ignore[index]
                    return f"{file} has {size:,} bytes, not as many as were written"
        except (OSError, LookupError, TypeError):
            return "files are missing"
        return ""

    def write(self, part: VectorRange, ids: Sequence[str], keys: Keys, vectors: Floats32) -> None:
        """Write a shard, whole or not at all; one that another process has written meanwhile stays.

        Args:
            part: The shard.
            ids: Of its texts.
            keys: Shape (texts, 2), of :func:`~.vectors.keys_of`.
            vectors: Shape (texts, dimensions), finite.

        Raises:
            ConfigurationError: If there are not as many as the shard has texts.
            ModelError: If a number exceeds the stored format.
            OutputError: If it cannot be written.
        """
        self.write_blocks(part, [VectorBlock(ids, keys, vectors)])

    def write_blocks(self, part: VectorRange, blocks: Iterable[VectorBlock]) -> None:
        """Write a shard as :meth:`write` does, from blocks that need not be in memory at the same time."""
        with new_folder(
            self.path / part.name, lambda _: not self.fault(part, thorough=True), fix="Free space there."
        ) as folder:
            ends: list[str] = []
            with (folder / _IDS).open("w", encoding="ascii") as lines:
                write_rows(folder / _VECTORS, len(part), self._packed(part, blocks, lines, ends))
            for name in (_VECTORS, _IDS):
                sync(folder / name)
            files = record(folder, (_VECTORS, _IDS))
            write_json(folder / _SHARD, {**self.description.shard(part), "ends": ends, "files": files})

    def _packed(
        self, part: VectorRange, blocks: Iterable[VectorBlock], lines: TextIO, ends: list[str]
    ) -> Iterator[Records]:
        """Yield the rows of blocks, and write their ids; ``ends`` gets the first and the last key."""
        left, dimensions = len(part), self.description.dimensions
        for block in blocks:
            sizes = {len(block.identifiers), len(block.keys), len(block.vectors)}
            left -= len(block.vectors)
            if left < 0 or len(sizes) > 1 or block.vectors.shape[1] != dimensions:
                raise ConfigurationError(
                    f"{part} was given {len(block.identifiers)} ids and vectors of the shape {block.vectors.shape}.",
                    f"Give one of {dimensions} numbers for each text.",
                )
            records = pack(block.keys, block.vectors, self.description.stored)
            keys = _ends(records)
            ends[:] = ends[0] if ends else keys[0], keys[1]
            lines.writelines(f"{json.dumps(identifier)}\n" for identifier in block.identifiers)
            yield records
        if left:
            raise ConfigurationError(f"{part} lacks {left} vectors.", "Give one for each text.")

    def rows(self, part: VectorRange) -> StoredVectors:
        """Open a shard's vectors: mapped, verified and converted to float32 where they are read.

        Raises:
            MissingDataError: If it is missing.
            DataFormatError: If it is damaged, or belongs to another model or to other texts.
        """
        return self._stored([part])

    def checksum(self, part: VectorRange) -> str:
        """Return the recorded checksum of a shard's vectors.

        Raises:
            MissingDataError: If the shard is missing.
        """
        self._check([part])
        return str((json_or_none(self.path / part.name / _SHARD) or {})["files"][_VECTORS]["checksum"])

    def identifiers(self, part: VectorRange) -> list[str]:
        """Read the ids of a shard's texts.

        Raises:
            MissingDataError: If the shard is missing.
            DataFormatError: If they are damaged.
        """
        self._check([part])
        path = self.path / part.name / _IDS
        recorded = json_or_none(path.with_name(_SHARD)) or {}
        try:
            if file_checksum(path) != recorded["files"][_IDS]["checksum"]:
                raise ValueError("its checksum is another")
            identifiers = [str(parse_json(line)) for line in path.read_bytes().splitlines()]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise self._damaged(path, error) from error
        if len(identifiers) != len(part):
            raise self._damaged(path, f"it has {len(identifiers)} ids")
        return identifiers

    def embeddings(self, collection: MultilingualCollection | None = None) -> Embeddings:
        """Open all vectors, mapped.

        Args:
            collection: What to open the vectors of, which may lack languages or queries of the folder's; its texts are
                compared with those that were encoded. None for everything.

        Raises:
            MissingDataError: If shards are missing.
            ConfigurationError: If the collection's texts are not those that were encoded.
            DataFormatError: If a file is damaged.
        """
        if collection is None:
            self._check(self.shards)
            return Embeddings(self._of_role("query"), self._of_role("document"))
        languages: Mapping[Role, Iterable[str]] = {"query": collection.queries, "document": collection.corpora}
        self._check(part for part in self.shards if part.language in languages[part.role])
        queries = {language: self._queries(language, texts) for language, texts in collection.queries.items()}
        for language, corpus in collection.corpora.items():
            known = self.description.texts["document"].get(language)
            if known != corpus_checksum(corpus) or not self._in_order(language, corpus):
                raise self._other(f"passages in {language}")
        return Embeddings(queries, self._of_role("document", tuple(collection.corpora)))

    def _of_role(self, role: Role, languages: Sequence[str] | None = None) -> dict[str, Vectors]:
        chosen = self.description.counts[role] if languages is None else languages
        return {language: self._stored(self._of(role, language)) for language in chosen}

    def _queries(self, language: str, texts: Mapping[str, str]) -> Vectors:
        """Open the vectors of some queries, whose texts must be those that were encoded."""
        parts = self._of("query", language)
        shards = [self._open_shard(part) for part in parts]
        vectors = ShardStore(self.description.dimensions, shards).take(np.arange(sum(map(len, shards))))
        places = dict(zip((name for part in parts for name in self.identifiers(part)), count()))
        rows = [places.get(identifier, -1) for identifier in texts]
        keys = np.concatenate([np.empty((0, 2), np.uint64), *(shard.keys() for shard in shards)])
        if -1 in rows or not np.array_equal(keys[rows], keys_of(texts.values())):
            raise self._other(f"queries in {language}")
        return vectors[rows]

    def _in_order(self, language: str, corpus: Iterable[str]) -> bool:
        stream = iter(corpus)
        parts = self._of("document", language)
        same = all(list(islice(stream, len(part))) == self.identifiers(part) for part in parts)
        return same and next(stream, None) is None

    def _of(self, role: Role, language: str) -> list[VectorRange]:
        return [part for part in self.shards if (part.role, part.language) == (role, language)]

    def _stored(self, parts: Sequence[VectorRange]) -> StoredVectors:
        self._check(parts)
        store = ShardStore(self.description.dimensions, map(self._open_shard, parts))
        return StoredVectors(store, np.arange(len(store)))

    def _open_shard(self, part: VectorRange) -> VectorShard:
        path = self.path / part.name / _VECTORS
        try:
            fix = self.description.command(self.path)
            shard = VectorShard(path, self.description.dimensions, stays_open=False, fix=fix)  # there may be thousands
        except (OSError, ValueError) as error:
            raise self._damaged(path, error) from error
        ends = (json_or_none(path.with_name(_SHARD)) or {}).get("ends")
        if len(shard) != len(part) or shard.stored != self.description.stored or ends != _ends(shard.records):
            raise self._damaged(path, "it holds the vectors of other texts")
        return shard

    def _check(self, parts: Iterable[VectorRange]) -> None:
        faults = [(part, fault) for part in parts if (fault := self.fault(part))]
        if faults:
            (part, fault), number = faults[0], len(faults)
            which = f"{part}: {fault}" + (f", and {number - 1} more" if number > 1 else "")
            raise MissingDataError(
                f"{self.path} lacks {number} of {plural(len(self.shards), 'shard')}: {which}.",
                self.description.command(self.path),
            )

    def _damaged(self, path: Path, reason: object) -> DataFormatError:
        return DataFormatError(
            f"{path} is damaged: {reason}.", f"Delete {path.parent}. {self.description.command(self.path)}"
        )

    def _other(self, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"{self.path} holds vectors of {self.description.dataset}, whose {what} are not those asked for.",
            "Name the dataset that was encoded, or encode this one: beir-hybrid encode --output DIR",
        )

    def __repr__(self) -> str:
        return f"VectorFolder({str(self.path)!r}, {plural(len(self.shards), 'shard')})"


def _ends(records: Records) -> list[str]:
    """Return the first and the last key in hexadecimal digits."""
    keys = records["key"][[0, -1]].tobytes().hex()
    return [keys[:32], keys[32:]]
