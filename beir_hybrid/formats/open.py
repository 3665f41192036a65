"""Opening sources of training data: a file or folder of any format, or a registered dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from beir_hybrid.datasets.ir_dataset import IrDataset, is_irds
from beir_hybrid.datasets.registered import find_dataset
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, shorten
from beir_hybrid.formats.base import PairFormat
from beir_hybrid.formats.chosen import ChosenColumns
from beir_hybrid.formats.hub import HubAddress, is_hub
from beir_hybrid.formats.hub_files import downloaded
from beir_hybrid.formats.irds import Irds
from beir_hybrid.pairs.dataset_rows import RowColumns, dataset_source
from beir_hybrid.registry import DATASETS, FORMATS
from beir_hybrid.registry.spec import check_options, parse_spec
from beir_hybrid.storage.files import existing
from beir_hybrid.storage.pair_building import RowBatch, RowSource
from beir_hybrid.storage.pair_store import is_store

_ROWS = 2**14


def build_format(spec: str) -> PairFormat:
    """Build a format from its name and options.

    Args:
        spec: A registered name, or ``name(key=value, ...)``.

    Raises:
        UnknownNameError: If no format has that name.
        ConfigurationError: If it has no such option, or refuses its value.

    Examples:
        >>> build_format("pairs")
        Pairs()
    """
    name, options = parse_spec(spec)
    factory, origin = FORMATS.get(name), FORMATS.origin(name)
    check_options("format", name, factory, options)
    with origin.blamed("its making"):
        built: PairFormat = factory(**options)
    return built


def open_source(
    given: str | Path,
    spec: str | None = None,
    languages: Sequence[str] | None = None,
    source: str | Path | None = None,
    columns: Sequence[str] | None = None,
) -> RowSource:
    """Open data to build a store from.

    Args:
        given: A file or folder, the name of a registered dataset, or a dataset or files of the hub or ids of
            ir_datasets as for :func:`~beir_hybrid.load_pairs`.
        spec: Its format, see :func:`build_format`; None to recognise it by its content.
        languages: Codes to keep; None for all.
        source: Where a registered dataset finds its files, as for :func:`~beir_hybrid.load_pairs`.
        columns: Columns of data on the hub or in a file, as for :func:`~beir_hybrid.load_pairs`; a file is then a table
            of any columns, not one of a format.

    Raises:
        MissingDataError: If there is no such file, folder or dataset.
        ConfigurationError: If columns are named for data whose columns are known.
        DataFormatError: If its format is not recognised, or several formats recognise it.
    """
    if spec is not None and columns:
        raise ConfigurationError(f"Both a format ({spec}) and columns are given.", "Give one of the two.")
    title, given = str(given), downloaded(given)
    if is_hub(given):
        address = HubAddress.parse(str(given))
        split = dataset_source(address.load(), RowColumns.parse(columns), name=address.name)
        identity: Any = [split.identity, list(languages or ())]
        return RowSource(split.name, identity, partial(_selected, split.batches, languages), split.size)
    if not is_table(given, columns):
        refuse_columns(given, columns)
    if is_irds(given):
        irds = build_format(spec or Irds.name)
        identity = [repr(irds), repr(IrDataset.parse(str(given)).sources), list(languages or ())]
        read = partial(irds.read, given, languages)  # type: ignore[arg-type]  # an address is its path
        return RowSource(title, identity, partial(_selected, read, languages))
    path = existing(given)
    if not columns and (path is None or (str(given) in DATASETS.names() and spec is None and "/" not in str(given))):
        if str(given) not in DATASETS.names():
            raise MissingDataError(f"There is no file, folder or dataset {given}.", "Check the name.")
        identity = [str(source), list(languages or ())]
        return RowSource(str(given), identity, partial(_read_dataset, str(given), source, languages))
    if path is None:
        raise MissingDataError(f"There is no file {given}.", "Check the path.")
    form: PairFormat
    if columns:
        form = ChosenColumns(RowColumns.parse(columns))
    else:
        form = build_format(spec) if spec is not None else recognize(path)
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    states = [(each.relative_to(path).as_posix(), each.stat()) for each in files]
    identity = [repr(form), list(languages or ()), [[name, stat.st_size, stat.st_mtime_ns] for name, stat in states]]
    size = sum(stat.st_size for _, stat in states)
    batches = partial(_selected, partial(form.read, path, languages), languages)
    return RowSource(title, identity, batches, size)


def is_table(given: str | Path, columns: Sequence[str] | None) -> bool:
    """Return whether data are on the hub, or files whose columns are named."""
    path = existing(given)
    of_ours = str(given) in DATASETS.names() or (path is not None and is_store(path))
    return is_hub(given) or (bool(columns) and not of_ours)


def refuse_columns(given: str | Path, columns: Sequence[str] | None) -> None:
    """Raise an error if columns are named for data that have columns of their own.

    Raises:
        ConfigurationError: If so.
    """
    if columns:
        raise ConfigurationError(
            f"Columns are named ({shorten(','.join(columns))}), and those of {given} are known.",
            "Leave them out; they are for hub:NAME:SPLIT, JSON Lines, CSV, TSV, Arrow and Parquet.",
        )


def recognizing(path: Path) -> list[PairFormat]:
    """Return the formats that recognise a file or folder."""
    return [form for form in map(build_format, FORMATS.names()) if form.recognizes(path)]


def recognize(path: Path) -> PairFormat:
    """Return the only format that recognises a file or folder.

    Raises:
        DataFormatError: If none does, or several do.
    """
    forms = recognizing(path)
    if len(forms) == 1:
        return forms[0]
    names = ", ".join(form.name for form in forms)
    known = ", ".join(FORMATS.names())
    if forms:
        raise DataFormatError(f"{path} could be of several formats: {names}.", "Choose one with --format NAME.")
    raise DataFormatError(
        f"{path} is of no known format: {known}.",
        "Choose one with --format NAME, or name its columns, such as --columns question=query,passage=text,language:en",
    )


def _selected(batches: Callable[[], Iterator[RowBatch]], languages: Sequence[str] | None) -> Iterator[RowBatch]:
    for batch in batches():
        yield batch if languages is None else _select(batch, languages)


def _select(batch: RowBatch, languages: Sequence[str]) -> RowBatch:
    """Keep the rows whose question and passage are in some languages."""
    import pyarrow as pa
    import pyarrow.compute as pc

    chosen = pa.array(languages, pa.string())
    names = [name for name in ("language", "passage_language") if name in batch.rows.schema.names]
    kept = [pc.is_in(batch.rows.column(name), value_set=chosen, skip_nulls=False) for name in names]
    if len(kept) > 1:  # null for the question's language
        kept = [kept[0], pc.or_(kept[1], pc.is_null(batch.rows.column("passage_language")))]
    mask = kept[0] if len(kept) == 1 else pc.and_(*kept)
    return RowBatch(batch.rows.filter(mask), batch.dropped, batch.bytes_read)


def _read_dataset(name: str, source: str | Path | None, languages: Sequence[str] | None) -> Iterator[RowBatch]:
    pairs = find_dataset(name).pairs(source, languages)
    if not len(pairs):
        raise ConfigurationError(f"{name} holds no pair.", "Choose other languages.")
    for batch in pairs.table.to_batches(max_chunksize=_ROWS):
        yield RowBatch(batch)
