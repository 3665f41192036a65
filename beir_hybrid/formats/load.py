"""Loading pairs to train on: registered datasets, the hub, and files and folders of any format."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from beir_hybrid import __version__
from beir_hybrid.datasets.ir_dataset import is_irds
from beir_hybrid.datasets.jsonl import read_pairs
from beir_hybrid.datasets.registered import find_dataset
from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.formats.hub import is_hub
from beir_hybrid.formats.hub_files import downloaded, is_hub_files
from beir_hybrid.formats.naming import stem
from beir_hybrid.formats.open import is_table, open_source, recognizing, refuse_columns
from beir_hybrid.formats.tables import kind_of
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs.dataset_rows import table_of
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.pairs.stored import StoredPairs
from beir_hybrid.registry import DATASETS
from beir_hybrid.storage.corpus import cache_folder
from beir_hybrid.storage.files import existing
from beir_hybrid.storage.locks import locked
from beir_hybrid.storage.pair_building import RowSource, build_store
from beir_hybrid.storage.pair_store import PairStore, is_store

logger = logging.getLogger(__name__)

_SMALL = 2**26  # bytes of what is held in memory
_OURS = (".jsonl", ".arrow")  # endings of files that were pairs before there were formats


def load_pairs(
    name: str | Path,
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    columns: Sequence[str] | None = None,
    spec: str | None = None,
    **options: Any,
) -> ParallelPairs:
    """Load questions and passages for training.

    Args:
        name: A registered name, or a path: a store that ``beir-hybrid data build`` wrote, or a file or folder of any
            format that it builds one from, see :func:`open_pairs`. Or a dataset of the Hugging Face hub, as
            ``hub:NAME[/CONFIG][@REVISION]:SPLIT``, or files as they lie there, as
            ``hub-files:NAME[@REVISION][:PATTERN,...]``, in which ``*`` stands for any characters. Or ids of
            ir_datasets, as ``irds:ID[=LANGUAGE]``, see :meth:`beir_hybrid.datasets.ir_dataset.IrDataset.parse`.
        source: As for :func:`~beir_hybrid.load_dataset`.
        languages: Language codes; None for all.
        columns: Columns of data on the hub or in a file, such as ``["question=query", "language=lang"]``, or
            ``["language:de"]`` where all are German; others under their usual names, see
            :meth:`ParallelPairs.from_dataset`.
        spec: Format of a file or folder, such as ``"tevatron(corpus='wiki')"``; None to recognise it by its content.
        **options: Options of the dataset.

    Returns:
        Pairs by group and language.

    Raises:
        BeirHybridError: The same errors as :func:`~beir_hybrid.load_dataset`, and those of :func:`open_pairs`.

    Examples:
        >>> load_pairs("sample", languages=["en", "th"])
        ParallelPairs('sample', 132 groups, 264 pairs, languages=('en', 'th'))
    """
    is_path = existing(name) is not None or Path(name).suffix in _OURS or is_hub_files(name) or is_irds(name)
    if is_table(name, columns) or (is_path and (spec is not None or str(name) not in DATASETS.names())):
        if options:
            raise ConfigurationError(f"A file of pairs has no option {min(options)!r}.", "Leave it out.")
        return open_pairs(name, languages, columns=columns, spec=spec)
    refuse_columns(name, columns)
    return find_dataset(name).pairs(source, languages, **options)


def open_pairs(
    given: str | Path,
    languages: Iterable[str] | None = None,
    *,
    columns: Sequence[str] | None = None,
    spec: str | None = None,
) -> ParallelPairs:
    """Open pairs of any format and size.

    A store is mapped. Our own ``.jsonl`` is read into memory and our own ``.arrow`` is mapped, up to 64 MB; likewise a
    table whose columns are named. Everything else is built into a store in the user's cache, once for each state of its
    files, and found again there; rows that cannot be used are counted in a warning.

    Args:
        given: A store, file or folder, a split or files of the hub, or ids of ir_datasets, as for :func:`load_pairs`.
        languages: Language codes; None for all.
        columns: As for :func:`load_pairs`.
        spec: Likewise.

    Raises:
        MissingDataError: If there is no such file or folder, or it cannot be downloaded.
        DataFormatError: If its format is not recognised, it is damaged, or no row can be used.
        LanguageError: If the data lack a language.
        OutputError: If the cache cannot be written.
    """
    given = downloaded(given)
    path = existing(given)
    chosen = None if languages is None else tuple(languages)
    if path is None and not is_hub(given) and not is_irds(given):
        raise MissingDataError(f"There is no file {given}.", "Check the path.")
    if path is not None and not columns:
        if is_store(path):
            return StoredPairs(PairStore(path)).select(chosen)
        if spec is None and _is_small_of_ours(path):
            return (read_pairs(path) if path.suffix == ".jsonl" else ParallelPairs.open(path)).select(chosen)
    opened = open_source(given, spec, columns=columns)
    title = opened.name if path is None else stem(path)
    is_large = (opened.size or 0) > _SMALL or is_irds(given)
    if not is_large and is_table(given, columns):
        return ParallelPairs(title, table_of(opened)).select(chosen)
    if is_large and chosen is not None:  # reading fewer languages saves time and space
        opened = open_source(given, spec, chosen, columns=columns)
    return _stored(opened, path.resolve() if path else Path(given), title).select(chosen)


def _is_small_of_ours(path: Path) -> bool:
    """Return whether a file is one of ours, or of nobody's format, so that it is read for what is wrong with it."""
    if path.suffix not in _OURS or not path.is_file() or path.stat().st_size > _SMALL:
        return False
    names = {form.name for form in recognizing(path)}
    return not names or (names <= {"pairs", "arrow"} and kind_of(path) != "stream")


def _stored(opened: RowSource, path: Path, title: str) -> StoredPairs:
    """Open the store that was built from a source in its present state; build it if there is none."""
    content = json.dumps([__version__, str(path), opened.identity], default=str).encode("utf-8", "surrogatepass")
    name = f"{re.sub(r'[^a-zA-Z0-9.-]+', '-', title)[:40]}-{hashlib.sha256(content).hexdigest()[:16]}"
    place = cache_folder() / "pairs" / name
    if not is_store(place):
        with locked(place.with_name(f".{name}.waiting"), f"the pairs {place}", wait=True):
            if not is_store(place):  # another process may have built it meanwhile
                logger.info("%s is built into a store of pairs, which is found again: %s", opened.name, place)
                build_store([opened], place, name=title, show_progress=None)
    store = PairStore(place)
    for reason, count in store.about["left_out"].items():
        logger.warning("%s: left out %d rows with %s.", opened.name, count, reason)
    return StoredPairs(store)


def load_sources(
    names: Iterable[str],
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    columns: Sequence[str] | None = None,
    spec: str | None = None,
    **options: Any,
) -> list[ParallelPairs]:
    """Load several sources of pairs to train on side by side.

    Args:
        names: As for :func:`load_pairs`; sources of the same name are called by what is passed here.
        source: As for :func:`~beir_hybrid.load_dataset`.
        languages: Language codes; of each source those it has. None for all.
        columns: As for :func:`load_pairs`, of those sources whose columns can be named.
        spec: As for :func:`load_pairs`, of those sources that are files or folders, but no stores.
        **options: Options of the datasets.

    Raises:
        ConfigurationError: If a source is given twice.
        LanguageError: If no source has one of the languages, or a source has none of them.
    """
    given = list(names)
    if repeated := [name for name in given if given.count(name) > 1]:
        raise ConfigurationError(f"The data {repeated[0]!r} are given twice.", "Give each source once, and weigh them.")
    if len(given) == 1:
        return [load_pairs(given[0], source, languages, columns, spec, **options)]
    tables = {name for name in given if is_table(name, columns)}
    if not tables:
        refuse_columns(given[0], columns)
    sources = {
        name: load_pairs(name, columns=columns, spec=None if is_hub(name) else spec)
        if name in tables
        else load_pairs(name, source, spec=spec, **options)
        for name in given
    }
    if languages is not None:
        known = sorted({language for pairs in sources.values() for language in pairs.languages})
        chosen = choose_languages(languages, known, " + ".join(pairs.name for pairs in sources.values()))
        for name, pairs in sources.items():
            sources[name] = pairs.select([language for language in chosen if language in pairs.languages])
    titles = [pairs.name for pairs in sources.values()]
    for name, pairs in sources.items():
        if titles.count(pairs.name) > 1:
            sources[name] = pairs.renamed(name)
    return list(sources.values())
