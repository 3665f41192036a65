"""QueryValues: every query's value of every measure, by setting, and their file."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, shorten
from beir_hybrid.settings import KINDS
from beir_hybrid.storage.files import new_file, parse_json

Format = Literal["parquet", "jsonl"]
WORDS = ("setting", "kind", "query", "group")
AGAIN = "Evaluate again."
"""What to do about files that are damaged."""


@dataclass(frozen=True, eq=False)
class SettingValues:
    """The values of one setting's queries.

    Args:
        name: Name of the setting, such as ``en-de``.
        kind: ``mono``, ``cross`` or ``multi``.
        queries: Ids of the queries, each once.
        groups: Shape (queries,), what each query belongs to: translations of one question share a group, in all
            settings.
        values: By name of measure, shape (queries,), float64; NaN where a query has no value.

    Raises:
        ConfigurationError: If the kind is none, the lengths disagree, or a query is given twice.
    """

    name: str
    kind: str
    queries: tuple[str, ...]
    groups: tuple[str, ...]
    values: Mapping[str, Floats]

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigurationError(
                f"The setting {self.name} is of kind {shorten(self.kind)}.", f"Kinds: {', '.join(KINDS)}"
            )
        if len(set(self.queries)) < len(self.queries):
            raise ConfigurationError(f"The setting {self.name} has a query twice.", "Give each query once.")
        for what, column in {"groups": self.groups, **self.values}.items():
            if len(column) != len(self.queries):
                raise ConfigurationError(
                    f"The setting {self.name} has {len(self.queries)} queries and {len(column)} of {what}.",
                    "Give one for each query.",
                )

    def means(self) -> dict[str, float]:
        """Average every measure over the queries that have a value; without the measures that no query has."""
        return {name: float(np.nanmean(each)) for name, each in self.values.items() if not np.isnan(each).all()}

    def groups_with(self, measure: str) -> set[str]:
        """Return the groups of the queries that have a value of a measure."""
        return set(compress(self.groups, ~np.isnan(self.values[measure])))


@dataclass(frozen=True, eq=False)
class QueryValues:
    """The values of all settings' queries.

    Args:
        settings: The settings, each once.

    Raises:
        ConfigurationError: If a setting is given twice.

    Examples:
        >>> en = SettingValues("en", "mono", ("en:1", "en:2"), ("1", "2"), {"map": np.array([1.0, 0.5])})
        >>> de = SettingValues("de", "mono", ("de:1",), ("1",), {"map": np.array([0.25])})
        >>> values = QueryValues((en, de))
        >>> values.macro(), values.micro(), values.uneven()
        ({'mono': {'map': 0.5}}, {'mono': {'map': 0.5833333333333334}}, {'mono': (1, 2)})
    """

    settings: tuple[SettingValues, ...]

    def __post_init__(self) -> None:
        names = [setting.name for setting in self.settings]
        for name in names:
            if names.count(name) > 1:
                raise ConfigurationError(f"The setting {name} is given twice.", "Give each setting once.")

    def kinds(self) -> dict[str, list[SettingValues]]:
        """Sort the settings by kind, monolingual ones first; without the kinds that no setting has."""
        by_kind = {kind: [setting for setting in self.settings if setting.kind == kind] for kind in KINDS}
        return {kind: settings for kind, settings in by_kind.items() if settings}

    def means(self) -> dict[str, dict[str, float]]:
        """Return by setting the number of ``queries``, and each measure's mean over those that have a value."""
        return {setting.name: {"queries": len(setting.queries), **setting.means()} for setting in self.settings}

    def macro(self) -> dict[str, dict[str, float]]:
        """Average by kind over settings: the mean of their means, every setting counting once."""
        return self._averages(lambda columns: float(np.mean([np.nanmean(values) for values in columns])))

    def micro(self) -> dict[str, dict[str, float]]:
        """Average by kind over queries: every query that has a value counting once."""
        return self._averages(lambda columns: float(np.nanmean(np.concatenate(columns))))

    def undefined(self) -> dict[str, dict[str, int]]:
        """Count by setting and measure the queries without a value; only counts above 0."""
        counts = {
            setting.name: {
                name: int(missing) for name, values in setting.values.items() if (missing := np.isnan(values).sum())
            }
            for setting in self.settings
        }
        return {name: by_measure for name, by_measure in counts.items() if by_measure}

    def uneven(self) -> dict[str, tuple[int, int]]:
        """Name the kinds whose settings differ in their number of queries, so that macro and micro means differ.

        Returns:
            By kind, the fewest and the most queries of a setting.
        """
        sizes = {kind: [len(setting.queries) for setting in settings] for kind, settings in self.kinds().items()}
        return {kind: (min(each), max(each)) for kind, each in sizes.items() if min(each) < max(each)}

    def groups(self) -> dict[str, str]:
        """Return the group of every query, of all settings."""
        return {
            query: group
            for setting in self.settings
            for query, group in zip(setting.queries, setting.groups, strict=True)
        }

    def save(self, folder: Path, format: Format = "parquet") -> Path:  # noqa: A002  # the name other writers use
        """Write ``queries.parquet`` or ``queries.jsonl``, one row per setting and query.

        A row has ``setting``, ``kind``, ``query``, ``group`` and the measures. What a setting does not measure is null
        in Parquet and left out in JSONL; a value that is undefined for the query is NaN in Parquet and null in
        JSONL, which has no NaN. The file of the other format is removed.

        Returns:
            The path of the file.

        Raises:
            ConfigurationError: If the format is neither.
            OutputError: If the folder cannot be written.
        """
        if format not in get_args(Format):
            raise ConfigurationError(f"There is no format {format!r}.", f"Formats: {', '.join(get_args(Format))}")
        path = folder / f"queries.{format}"
        with new_file(path) as temporary:
            (_write_parquet if format == "parquet" else _write_jsonl)(self, temporary)
        for other in set(get_args(Format)) - {format}:
            (folder / f"queries.{other}").unlink(missing_ok=True)
        return path

    @classmethod
    def files(cls, folder: Path) -> list[Path]:
        """List the files of values in a folder, ``queries.parquet`` or ``queries.jsonl``."""
        return [path for form in get_args(Format) if (path := folder / f"queries.{form}").exists()]

    @classmethod
    def load(cls, folder: Path) -> QueryValues:
        """Read ``queries.parquet`` or ``queries.jsonl`` of a folder; the newer one if a killed run left both.

        Raises:
            MissingDataError: If the folder holds neither.
            DataFormatError: If the file is damaged or is not what :meth:`save` writes.
        """
        files = [path for path in cls.files(folder) if path.is_file()]
        if not files:
            raise MissingDataError(
                f"{folder} holds no values of its queries (queries.parquet or queries.jsonl).", AGAIN
            )
        path = max(files, key=lambda each: each.stat().st_mtime_ns)
        table = (_read_parquet if path.suffix == ".parquet" else _read_jsonl)(path)
        try:
            return cls(tuple(_by_setting(path, table)))
        except ConfigurationError as error:
            raise DataFormatError(f"{path}: {error.problem}", AGAIN) from error

    def _averages(self, average: Callable[[list[Floats]], float]) -> dict[str, dict[str, float]]:
        averages: dict[str, dict[str, float]] = {}
        for kind, settings in self.kinds().items():
            columns: dict[str, list[Floats]] = {}
            for setting in settings:
                for name in setting.means():
                    columns.setdefault(name, []).append(setting.values[name])
            averages[kind] = {name: average(values) for name, values in columns.items()}
        return averages


def _write_parquet(values: QueryValues, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    settings = values.settings
    sizes = [len(setting.queries) for setting in settings]
    rows = np.repeat(np.arange(len(settings), dtype=np.int32), sizes)
    columns = {
        word: pa.DictionaryArray.from_arrays(rows, pa.array([getattr(s, attribute) for s in settings], pa.string()))
        for word, attribute in (("setting", "name"), ("kind", "kind"))
    }
    columns["query"] = pa.array([query for setting in settings for query in setting.queries], pa.string())
    columns["group"] = pa.array([group for setting in settings for group in setting.groups], pa.string())
    for name in dict.fromkeys(name for setting in settings for name in setting.values):
        parts = [
            pa.array(np.asarray(setting.values[name], np.float64), from_pandas=False)
            if name in setting.values
            else pa.nulls(size, pa.float64())
            for setting, size in zip(settings, sizes, strict=True)
        ]
        columns[name] = pa.chunked_array(parts, pa.float64())
    pq.write_table(pa.table(columns), path, compression="zstd", write_page_checksum=True)


def _read_parquet(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path, page_checksum_verification=True).read()
        table.validate(full=True)  # reading a table that is not valid could end the process
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise DataFormatError(f"{path} is no whole Parquet file: {error}.", AGAIN) from error
    types = {field.name: field.type for field in table.schema}
    for name in (*WORDS, *types):
        kind = types.get(name)
        if kind is not None and pa.types.is_dictionary(kind):
            kind = kind.value_type
        if kind != (pa.string() if name in WORDS else pa.float64()):
            raise DataFormatError(f"{path} has the column {name} of type {kind}.", AGAIN)
    if any(table.column(word).null_count for word in WORDS):
        raise DataFormatError(f"{path} has rows without a setting, kind, query or group.", AGAIN)
    return table


def _write_jsonl(values: QueryValues, path: Path) -> None:
    encode = json.JSONEncoder(ensure_ascii=False).encode  # one for all rows: json.dumps would make one for each
    with path.open("w", encoding="utf-8") as file:
        for setting in values.settings:
            columns = [
                [None if value != value else value for value in np.asarray(each, np.float64).tolist()]
                for each in setting.values.values()
            ]
            keys = (*WORDS, *setting.values)
            for row in zip(setting.queries, setting.groups, *columns, strict=True):
                file.write(encode(dict(zip(keys, (setting.name, setting.kind, *row), strict=True))) + "\n")


def _read_jsonl(path: Path) -> Any:
    import pyarrow as pa

    with path.open("rb") as file:
        rows = [_read_row(path, number, line) for number, line in enumerate(file, 1)]
    names = dict.fromkeys((*WORDS, *(name for row in rows for name in row)))
    columns = {name: [row.get(name) for row in rows] for name in names}
    return pa.table(
        {name: pa.array(column, pa.string() if name in WORDS else pa.float64()) for name, column in columns.items()}
    )


def _read_row(path: Path, number: int, line: bytes) -> dict[str, str | float]:
    """Read a line; a measure without a value, null, is NaN as in Parquet, where null is what was not measured."""
    try:
        row = parse_json(line)
    except (ValueError, RecursionError) as error:
        raise DataFormatError(f"{path}, line {number} is no JSON: {error}.", AGAIN) from error
    if not isinstance(row, dict) or not all(isinstance(row.get(word), str) for word in WORDS):
        raise DataFormatError(f"{path}, line {number} lacks one of {', '.join(WORDS)}.", AGAIN)
    for name in row.keys() - set(WORDS):
        value = math.nan if row[name] is None else row[name]
        if type(value) not in (int, float) or (isinstance(value, int) and abs(value) > sys.float_info.max):
            raise DataFormatError(f"{path}, line {number} has the {name} {shorten(value)}.", "Give a number or null.")
        row[name] = float(value)
    return row


def _by_setting(path: Path, table: Any) -> Iterator[SettingValues]:
    """Split a table by setting, in the order in which the settings appear."""
    words = {word: _words(table.column(word)) for word in WORDS}
    measures = {
        name: (table.column(name).to_numpy(), table.column(name).is_valid().to_numpy())
        for name in table.column_names
        if name not in WORDS
    }
    places: dict[str, list[int]] = {}
    for row, setting in enumerate(words["setting"]):
        places.setdefault(setting, []).append(row)
    for setting, rows in places.items():
        kinds = {words["kind"][row] for row in rows}
        if len(kinds) > 1:
            raise DataFormatError(f"{path} gives the setting {setting} several kinds.", AGAIN)
        measured = {}
        for name, (values, there) in measures.items():
            if there[rows].all():
                measured[name] = values[rows]
            elif there[rows].any():
                raise DataFormatError(f"{path} lacks {name} for some queries of {setting}.", AGAIN)
        queries, groups = (tuple(words[word][row] for row in rows) for word in ("query", "group"))
        yield SettingValues(setting, kinds.pop(), queries, groups, measured)


def _words(column: Any) -> list[str]:
    """List a column's strings, each different one decoded once."""
    import pyarrow as pa

    whole = column.combine_chunks()
    whole = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    different = np.array(whole.dictionary.to_pylist(), object)
    return different[whole.indices.to_numpy()].tolist()
