"""Formats that keep to their contract or break it; the sample of each is a line of text after its name."""

from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import ClassVar

import pyarrow as pa

from beir_hybrid.formats import RowBatch

ROW = {"group": "1", "language": "en", "question": "Who?", "passage": "Me."}


@dataclass(frozen=True)
class Sound:
    name: ClassVar[str] = "sound"

    def recognizes(self, path):
        return path.is_file() and path.read_bytes().startswith(self.name.encode())

    def read(self, path, languages):
        if self.recognizes(path):
            yield self.batch()

    def batch(self):
        return RowBatch(pa.RecordBatch.from_pylist([ROW]))


class Misnamed(Sound):
    name = "other"


class Loose:
    name = "loose"
    recognizes, read, batch = Sound.recognizes, Sound.read, Sound.batch


class Fragile(Sound):
    name = "fragile"

    def recognizes(self, path):
        return path.read_text().startswith(self.name)


class Rowless(Sound):
    name = "rowless"

    def batch(self):
        return RowBatch(pa.RecordBatch.from_pylist([ROW | {"passage": ""}]))


class Unknown(Sound):
    name = "unknown"

    def batch(self):
        return RowBatch(pa.RecordBatch.from_pylist([ROW | {"answer": "?"}]))


class Zeros(Sound):
    name = "zeros"

    def batch(self):
        return RowBatch(pa.RecordBatch.from_pylist([ROW]), Counter({"nothing": 0}))


class Boasting(Sound):
    name = "boasting"

    def batch(self):
        return RowBatch(pa.RecordBatch.from_pylist([ROW]), bytes_read=10**6)


class Restless(Sound):
    name = "restless"
    numbers = count()

    def batch(self):
        return RowBatch(pa.RecordBatch.from_pylist([ROW | {"group": str(next(self.numbers))}]))


class Crashing(Sound):
    name = "crashing"

    def read(self, path, languages):
        path.read_text(encoding="utf-8")
        yield self.batch()


class Choosy(Sound):
    name = "choosy"

    def read(self, path, languages):
        if languages is None:
            yield from super().read(path, languages)


FORMATS = [Sound, Misnamed, Loose, Fragile, Rowless, Unknown, Zeros, Boasting, Restless, Crashing, Choosy]
