"""FormatContract: what this package relies on in a format of training data."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import pyarrow as pa
import pytest

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.formats.base import PairFormat
from beir_hybrid.formats.open import build_format
from beir_hybrid.registry import FORMATS
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import SCHEMA, drop_unfit, fill_columns
from beir_hybrid.testing.expectation import Contract, built, expect, expect_none

_MOST = 2**18  # rows of a part
_LARGEST = 2**26  # bytes of a part
_FOREIGN = {
    "an empty file": b"",
    "a line of text": b"hello\n",
    "an empty JSON object": b"{}\n",
    "a JSON list": b'["query", "positive"]\n',
    "cut off gzip": b"\x1f\x8b\x08\x00",
    "cut off Parquet": b"PAR1\x00",
    "cut off Arrow": b"ARROW1\x00\x00",
    "a cut off stream of Arrow": b"\xff\xff\xff\xff\xff\xff\xff\x7f",
    "zeros": bytes(1000),
    "random bytes": np.random.default_rng(0).bytes(5000),
}


class FormatContract(Contract):
    """Tests of a format. Subclass it, name the class ``Test...``, set ``name``, and say what its sample holds.

    The sample is a small file or folder in the format, each of whose rows is in order; override the fixture ``sample``
    for one that is written by the test.

    Attributes:
        name: The registered name.
        options: Its options.
        path: The sample.
        rows: How many rows of it a store takes.
        languages: The codes of its questions and passages, sorted.
        recognized: Whether the sample is recognised by its content; False for a format that must always be named.

    Examples:
        ::

            class TestCards(FormatContract):
                name = "cards"
                path = Path(__file__).with_name("cards.txt")
                rows = 4
                languages = ("de", "en")
    """

    registry = FORMATS
    options: ClassVar[Mapping[str, Any]] = {}
    path: ClassVar[Path | None] = None
    rows: ClassVar[int] = 0
    languages: ClassVar[tuple[str, ...]] = ()
    recognized: ClassVar[bool] = True

    @pytest.fixture
    def sample(self) -> Path:
        """The sample, which tests leave as it is."""
        expect(self.path is not None and self.path.exists(), f"There is no sample {self.path}.", "Set path to one.")
        return cast(Path, self.path)

    @pytest.fixture
    def form(self) -> PairFormat:
        """The format, built anew for every test."""
        words = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return built(lambda: build_format(f"{self.name}({words})" if words else self.name), self.name)

    def test_identity_is_name_and_options(self, form: PairFormat) -> None:
        """It is a frozen dataclass under its registered name: a build is continued where it is equal."""
        called = getattr(form, "name", None)
        expect(called == self.name, f"It is registered as {self.name!r} and calls itself {called!r}.", "Use one name.")
        remedy = "Put @dataclass(frozen=True) on it, with a default for each option."
        try:
            options = [field.name for field in fields(form)]  # type: ignore[arg-type]  # the protocol cannot say so
            for option in options:
                setattr(form, option, getattr(form, option))
        except (TypeError, FrozenInstanceError) as error:
            expect(isinstance(error, FrozenInstanceError), "It is no dataclass.", remedy)
            return
        expect(not options, f"Its options {options} can be set.", remedy)

    def test_sample_is_recognised_by_this_format_alone(self, form: PairFormat, sample: Path) -> None:
        """The sample is recognised by this format, and by no other that is registered."""
        expect(
            form.recognizes(sample) is self.recognized,
            f"recognizes() says {form.recognizes(sample)} of the sample.",
            "Look at what such files hold and others do not; or set recognized = False.",
        )
        others = [name for name in FORMATS.names() if name != self.name and build_format(name).recognizes(sample)]
        expect_none(others, "The sample is recognised by {}.", "Let recognizes() say no where it is not sure.")

    def test_foreign_files_are_not_recognised(self, form: PairFormat, tmp_path: Path) -> None:
        """Files of other content, and an empty folder, are not recognised, and no error is raised about them."""
        for what, content in _FOREIGN.items():
            for name in ("de.jsonl", "de.jsonl.gz"):
                path = tmp_path / name
                path.write_bytes(content)
                expect(not _recognizes(form, path, what), f"It recognises {what}.", "Let it say no.")
                path.unlink()
        expect(not _recognizes(form, tmp_path, "an empty folder"), "It recognises an empty folder.", "Let it say no.")

    def test_sample_has_these_rows(self, form: PairFormat, sample: Path) -> None:
        """Of the sample, a store takes so many rows, in these languages."""
        rows = [row for batch in self._read(form, sample) for row in _fit(batch).to_pylist()]
        expect(len(rows) == self.rows, f"{len(rows)} rows can be used.", f"The test says {self.rows}.")
        codes = {row["language"] for row in rows} | {row["passage_language"] for row in rows} - {None}
        expect(sorted(codes) == list(self.languages), f"They are in {sorted(codes)}.", f"Not in {self.languages}.")

    def test_batches_are_what_stores_take(self, form: PairFormat, sample: Path) -> None:
        """Batches are bounded, have known columns, and say what was left out and how much was read."""
        read = 0
        for batch in self._read(form, sample):
            rows = batch.rows
            expect(isinstance(rows, pa.RecordBatch), f"It yields {type(rows).__name__}.", "Yield Arrow batches.")
            expect(
                len(rows) <= _MOST and rows.nbytes <= _LARGEST,
                f"It yields {len(rows)} rows of {rows.nbytes} bytes together.",
                "Yield some thousand rows at a time.",
            )
            unknown = sorted(set(rows.schema.names) - set(SCHEMA.names))
            expect_none(unknown, "It yields the columns {}.", f"Known are {', '.join(SCHEMA.names)}.")
            rows.validate(full=True)
            _fit(batch)
            expect(
                all(isinstance(reason, str) and count > 0 for reason, count in batch.dropped.items()),
                f"It says that {dict(batch.dropped)} were left out.",
                "Count reasons in words, and none that did not occur.",
            )
            read += batch.bytes_read
        size = sum(path.stat().st_size for path in [sample, *sample.rglob("*")] if path.is_file())
        expect(0 <= read <= size, f"It says to have read {read} of {size} bytes.", "Count each byte once.")

    def test_same_content_gives_the_same_batches(self, form: PairFormat, sample: Path, tmp_path: Path) -> None:
        """Read again, or from another place, batches are the same: so an interrupted build is continued."""
        copy = _copy(sample, tmp_path / "elsewhere" / sample.parent.name)
        first, second, third = (self._read(form, path) for path in (sample, sample, copy))
        for other in (second, third):
            expect(
                len(first) == len(other) and all(map(_same, first, other)),
                "Read again, the batches are others.",
                "Let them follow from the content alone.",
            )

    def test_choice_of_languages_keeps_their_rows(self, form: PairFormat, sample: Path) -> None:
        """Asked for one language, it yields all rows of that language that it yields without a choice."""
        everything = [row for batch in self._read(form, sample) for row in _fit(batch).to_pylist()]
        for code in self.languages:
            wanted = [row for row in everything if {row["language"], row["passage_language"] or code} == {code}]
            got = [row for batch in form.read(sample, [code]) for row in _fit(batch).to_pylist()]
            lost = [row["group"] for row in wanted if row not in got]
            expect_none(lost, f"Asked for {code} alone, it lacks the groups {{}}.", "Leave out other languages only.")

    def test_damaged_files_are_refused_or_read(self, form: PairFormat, sample: Path, tmp_path: Path) -> None:
        """Files that are cut off, or hold random bytes, are read as far as possible or refused in a line."""
        rng = np.random.default_rng(1)
        names = [path.relative_to(sample) for path in [sample, *sorted(sample.rglob("*"))] if path.is_file()]
        for name in names:
            content = (sample / name).read_bytes() if name.parts else sample.read_bytes()
            for what, damaged in _damages(content, 5 + 15 // len(names), rng):
                copy = _copy(sample, tmp_path / "damaged" / sample.parent.name)
                place = copy / name if name.parts else copy
                place.chmod(0o644)
                place.write_bytes(damaged)
                _recognizes(form, copy, what)
                try:
                    for batch in form.read(copy, None):
                        _fit(batch)
                except BeirHybridError as error:
                    expect("\n" not in str(error), f"{what} is refused with {str(error)!r}.", "Say it in a line.")
                except Exception as error:  # whatever it is
                    problem = f"{what} raises {type(error).__name__}: {error}."
                    pytest.fail(f"{problem} Raise a DataFormatError that names the file.", pytrace=False)

    def _read(self, form: PairFormat, path: Path) -> list[RowBatch]:
        return built(lambda: list(form.read(path, None)), self.name)


def _fit(batch: RowBatch) -> pa.RecordBatch:
    """Return the rows that a store takes."""
    return drop_unfit(fill_columns(batch.rows))[0]


def _same(one: RowBatch, other: RowBatch) -> bool:
    return bool(one.rows.equals(other.rows)) and Counter(one.dropped) == Counter(other.dropped)


def _copy(sample: Path, folder: Path) -> Path:
    """Copy a sample into a folder, in place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    copy: Callable[[Path, Path], Any] = shutil.copy if sample.is_file() else shutil.copytree
    copy(sample, folder / sample.name)
    return folder / sample.name


def _damages(content: bytes, times: int, rng: np.random.Generator) -> list[tuple[str, bytes]]:
    damages = [(what[0].upper() + what[1:], foreign) for what, foreign in _FOREIGN.items()]
    shares = (0.1, 0.5, 0.9, 0.99)
    damages += [(f"The sample cut off after {share:.0%}", content[: int(share * len(content))]) for share in shares]
    for _ in range(times):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), 3) if content else ():
            damaged[place] = rng.integers(256)
        damages.append(("The sample with random bytes", bytes(damaged)))
    return damages


def _recognizes(form: PairFormat, path: Path, what: str) -> bool:
    try:
        return form.recognizes(path)
    except Exception as error:  # whatever it is
        pytest.fail(f"Of {what}, recognizes() raises {type(error).__name__}: {error}. Return False.", pytrace=False)
