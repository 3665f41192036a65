"""QueryValues: every query's value of every measure, by setting, and their file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from beir_hybrid.arrays import Bools, Floats
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, shorten
from beir_hybrid.settings import KINDS
from beir_hybrid.storage.files import new_file, parse_json

Format = Literal["parquet", "jsonl"]
WORDS = ("setting", "kind", "query", "group")


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
        for what, found in {"groups": self.groups, **self.values}.items():
            if len(found) != len(self.queries):
                raise ConfigurationError(
                    f"The setting {self.name} has {len(self.queries)} queries and {len(found)} of {what}.",
                    "Give one for each query.",
                )

    def means(self) -> dict[str, float]:
        """Average every measure over the queries that have a value; without the measures that no query has."""
        return {name: float(np.nanmean(found)) for name, found in self.values.items() if not np.isnan(found).all()}


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
        found = {kind: [setting for setting in self.settings if setting.kind == kind] for kind in KINDS}
        return {kind: settings for kind, settings in found.items() if settings}

    def means(self) -> dict[str, dict[str, float]]:
        """Give by setting the number of ``queries``, and each measure's mean over those that have a value."""
        return {setting.name: {"queries": len(setting.queries), **setting.means()} for setting in self.settings}

    def macro(self) -> dict[str, dict[str, float]]:
        """Average by kind over settings: the mean of their means, every setting counting once."""
        return self._averages(lambda found: float(np.mean([np.nanmean(values) for values in found])))

    def micro(self) -> dict[str, dict[str, float]]:
        """Average by kind over queries: every query that has a value counting once."""
        return self._averages(lambda found: float(np.nanmean(np.concatenate(found))))

    def undefined(self) -> dict[str, dict[str, int]]:
        """Count by setting and measure the queries without a value; only counts above 0."""
        counts = {
            setting.name: {name: int(np.isnan(values).sum()) for name, values in setting.values.items()}
            for setting in self.settings
        }
        above = {name: {key: count for key, count in found.items() if count} for name, found in counts.items()}
        return {name: found for name, found in above.items() if found}

    def uneven(self) -> dict[str, tuple[int, int]]:
        """Name the kinds whose settings differ in their number of queries, so that macro and micro means differ.

        Returns:
            By kind, the fewest and the most queries of a setting.
        """
        sizes = {kind: [len(setting.queries) for setting in settings] for kind, settings in self.kinds().items()}
        return {kind: (min(found), max(found)) for kind, found in sizes.items() if min(found) < max(found)}

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
        in Parquet and left out in JSONL; what is measured and undefined for the query is NaN in Parquet and null in
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
        for other in get_args(Format):
            if other != format:
                (folder / f"queries.{other}").unlink(missing_ok=True)
        return path

    @classmethod
    def load(cls, folder: Path) -> QueryValues:
        """Read ``queries.parquet`` or ``queries.jsonl`` of a folder; the newer one if a killed run left both.

        Raises:
            MissingDataError: If the folder holds neither.
            DataFormatError: If the file is damaged or is not what :meth:`save` writes.
        """
        found = [path for name in get_args(Format) if (path := folder / f"queries.{name}").is_file()]
        if not found:
            raise MissingDataError(
                f"{folder} holds no values of its queries (queries.parquet or queries.jsonl).", "Evaluate again."
            )
        path = max(found, key=lambda each: each.stat().st_mtime_ns)
        words, measures = (_read_parquet if path.suffix == ".parquet" else _read_jsonl)(path)
        try:
            return cls(tuple(_by_setting(path, words, measures)))
        except ConfigurationError as error:
            raise DataFormatError(f"{path}: {error.problem}", "Evaluate again.") from error

    def _averages(self, average: Callable[[list[Floats]], float]) -> dict[str, dict[str, float]]:
        averages: dict[str, dict[str, float]] = {}
        for kind, settings in self.kinds().items():
            found: dict[str, list[Floats]] = {}
            for setting in settings:
                for name in setting.means():
                    found.setdefault(name, []).append(setting.values[name])
            averages[kind] = {name: average(values) for name, values in found.items()}
        return averages


# What the readers give: the words by column, and the measures with a mask of the rows that have them.
Words = Mapping[str, Sequence[str]]
Measures = Mapping[str, tuple[Floats, Bools]]


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


def _read_parquet(path: Path) -> tuple[Words, Measures]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path, page_checksum_verification=True).read()
        table.validate(full=True)  # reading a table that is not valid could end the process
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise DataFormatError(f"{path} is no whole Parquet file: {error}.", "Evaluate again.") from error
    types = {field.name: field.type for field in table.schema}
    for name in (*WORDS, *types):
        kind = types.get(name)
        if kind is not None and pa.types.is_dictionary(kind):
            kind = kind.value_type
        if (kind != pa.string()) if name in WORDS else (kind != pa.float64()):
            raise DataFormatError(f"{path} has the column {name} of type {kind}.", "Evaluate again.")
    if any(table.column(word).null_count for word in WORDS):
        raise DataFormatError(f"{path} has rows without a setting, kind, query or group.", "Evaluate again.")
    words = {word: _words(table.column(word)) for word in WORDS}
    measures = {
        name: (table.column(name).to_numpy(), table.column(name).is_valid().to_numpy())
        for name in types
        if name not in WORDS
    }
    return words, measures


def _words(column: Any) -> list[str]:
    """List a column's strings, each different one decoded once."""
    import pyarrow as pa

    whole = column.combine_chunks()
    whole = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    different = np.array(whole.dictionary.to_pylist(), object)
    return different[whole.indices.to_numpy()].tolist()


def _write_jsonl(values: QueryValues, path: Path) -> None:
    encode = json.JSONEncoder(ensure_ascii=False).encode  # one for all rows: json.dumps would make one for each
    with path.open("w", encoding="utf-8") as file:
        for setting in values.settings:
            columns = [
                [None if value != value else value for value in np.asarray(found, np.float64).tolist()]
                for found in setting.values.values()
            ]
            keys = (*WORDS, *setting.values)
            for row in zip(setting.queries, setting.groups, *columns, strict=True):
                file.write(encode(dict(zip(keys, (setting.name, setting.kind, *row), strict=True))) + "\n")


def _read_jsonl(path: Path) -> tuple[Words, Measures]:
    rows: list[dict[str, Any]] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            rows.append(_read_row(path, number, line))
    names = dict.fromkeys(name for row in rows for name in row if name not in WORDS)
    words = {word: [row[word] for row in rows] for word in WORDS}
    nan = float("nan")
    measures = {
        name: (
            np.array([nan if (value := row.get(name)) is None else value for row in rows], np.float64),
            np.array([name in row for row in rows], np.bool_),
        )
        for name in names
    }
    return words, measures


def _read_row(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = parse_json(line)
    except (ValueError, RecursionError) as error:
        raise DataFormatError(f"{path}, line {number} is no JSON: {error}.", "Evaluate again.") from error
    if not isinstance(row, dict) or not all(isinstance(row.get(word), str) for word in WORDS):
        raise DataFormatError(f"{path}, line {number} lacks one of {', '.join(WORDS)}.", "Evaluate again.")
    for name, value in row.items():
        if name not in WORDS and (type(value) not in (int, float, type(None)) or _too_large(value)):
            raise DataFormatError(f"{path}, line {number} has the {name} {shorten(value)}.", "Give a number or null.")
    return row


def _too_large(value: Any) -> bool:
    """Tell whether a whole number is beyond a float's range."""
    return isinstance(value, int) and abs(value) > sys.float_info.max


def _by_setting(path: Path, words: Words, measures: Measures) -> Iterator[SettingValues]:
    """Split the rows by setting, in the order in which the settings appear."""
    places: dict[str, list[int]] = {}
    for row, setting in enumerate(words["setting"]):
        places.setdefault(setting, []).append(row)
    for setting, rows in places.items():
        kinds = {words["kind"][row] for row in rows}
        if len(kinds) > 1:
            raise DataFormatError(f"{path} gives the setting {setting} several kinds.", "Evaluate again.")
        found = {}
        for name, (values, there) in measures.items():
            if there[rows].all():
                found[name] = values[rows]
            elif there[rows].any():
                raise DataFormatError(f"{path} lacks {name} for some queries of {setting}.", "Evaluate again.")
        queries, groups = (tuple(words[word][row] for row in rows) for word in ("query", "group"))
        yield SettingValues(setting, kinds.pop(), queries, groups, found)
