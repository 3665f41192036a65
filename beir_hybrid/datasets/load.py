"""Loading datasets by name."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.names import find_data
from beir_hybrid.datasets.registered import find_dataset
from beir_hybrid.datasets.tables import is_table, open_table, refuse_columns
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs.dataset_rows import table_of
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.pairs.stored import open_pairs
from beir_hybrid.registry import DATASETS
from beir_hybrid.storage.files import existing
from beir_hybrid.storage.pair_store import is_store

logger = logging.getLogger(__name__)

_LARGE = 2**30  # bytes of a file of pairs


def load_dataset(
    name: str | Path,
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    **options: Any,
) -> MultilingualCollection:
    """Load a dataset for evaluation.

    Args:
        name: A registered name, such as ``xquad-r``, ``mlqa-r``, ``miracl`` or ``sample``, or the path of a BEIR
            folder; see :meth:`beir_hybrid.datasets.BeirFolder.load`.
        source: Folder that holds the dataset's files; None for the folder that the environment variable
            ``BEIR_HYBRID_DATA`` names, or else a download into the user's cache.
        languages: Language codes; None for all.
        **options: Options of the dataset, such as ``passage_text="sentence+context"``, ``split="train"`` or, for
            ``miracl``, ``judged_only=True`` and ``sample_passages=10_000``.

    Returns:
        Corpora, queries and relevance by language.

    Raises:
        UnknownNameError: If no dataset has that name.
        ConfigurationError: If the dataset has no such option.
        LanguageError: If the dataset lacks a language.
        MissingDataError: If the source lacks a file.
        DataFormatError: If a file is malformed.
        PluginError: If a plug-in's dataset does not return a collection; the message names the package.

    Examples:
        >>> load_dataset("sample", languages=["en", "th"])
        MultilingualCollection('sample', 2 languages, 148 queries, 148 passages, passage_text='sentence')
    """
    return find_dataset(name).load(source, languages, **options)


def load_pairs(
    name: str | Path,
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    columns: Sequence[str] | None = None,
    **options: Any,
) -> ParallelPairs:
    """Load questions and passages for training.

    Args:
        name: A registered name, or a path: a store that ``beir-hybrid data build`` wrote, a file ``.jsonl`` with one
            pair per line, or ``.arrow`` as :meth:`ParallelPairs.save` writes it. Or a dataset of the Hugging Face hub,
            as ``hub:NAME[/CONFIG][@REVISION]:SPLIT``; and, where ``columns`` are given, a file ``.jsonl``, ``.csv``,
            ``.tsv`` or ``.parquet``.
        source: As for :func:`load_dataset`.
        languages: Language codes; None for all.
        columns: Columns of data on the hub or in a file, such as ``["question=query", "language=lang"]``, or
            ``["language:de"]`` where all are German; others under their usual names, see
            :meth:`ParallelPairs.from_dataset`.
        **options: Options of the dataset.

    Returns:
        Pairs by group and language.

    Raises:
        The same errors as :func:`load_dataset`.

    Examples:
        >>> load_pairs("sample", languages=["en", "th"])
        ParallelPairs('sample', 132 groups, 264 pairs, languages=('en', 'th'))
    """
    if is_table(name, columns):
        if options:
            raise ConfigurationError(f"A table has no option {min(options)!r}.", "Leave it out.")
        table = open_table(name, columns)
        return ParallelPairs(table.name, table_of(table)).select(languages)
    refuse_columns(name, columns)
    path = Path(name)
    if str(name) not in DATASETS.names() and (path.suffix in {".jsonl", ".arrow"} or existing(name)):
        from beir_hybrid.datasets.jsonl import read_pairs

        if options:
            raise ConfigurationError(f"A file of pairs has no option {min(options)!r}.", "Leave it out.")
        mapped = path.suffix == ".arrow" or is_store(path)
        if not is_store(path) and (size := path.stat().st_size if path.is_file() else 0) > _LARGE:
            logger.warning(
                "%s has %.1f GB, which are read into memory. A store is not: beir-hybrid data build %s --output FOLDER",
                path,
                size / 1e9,
                path,
            )
        return (open_pairs(path) if mapped else read_pairs(path)).select(languages)
    return find_dataset(name).pairs(source, languages, **options)


def load_sources(
    names: Iterable[str],
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    columns: Sequence[str] | None = None,
    **options: Any,
) -> list[ParallelPairs]:
    """Load several sources of pairs to train on side by side.

    Args:
        names: As for :func:`load_pairs`; sources of the same name are called by what is passed here.
        source: As for :func:`load_dataset`.
        languages: Language codes; of each source those it has. None for all.
        columns: As for :func:`load_pairs`, of those sources whose columns can be named.
        **options: Options of the datasets.

    Raises:
        ConfigurationError: If a source is given twice.
        LanguageError: If no source has one of the languages, or a source has none of them.
    """
    given = list(names)
    if repeated := [name for name in given if given.count(name) > 1]:
        raise ConfigurationError(f"The data {repeated[0]!r} are given twice.", "Give each source once, and weigh them.")
    if len(given) == 1:
        return [load_pairs(given[0], source=source, languages=languages, columns=columns, **options)]
    tables = [name for name in given if is_table(name, columns)]
    if not tables:
        refuse_columns(given[0], columns)
    sources = {
        name: load_pairs(name, columns=columns) if name in tables else load_pairs(name, source, **options)
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
            sources[name] = ParallelPairs(name, pairs.table)
    return list(sources.values())


def load_setting(
    name: str, source: str | Path | None = None, languages: Iterable[str] | None = None, **options: Any
) -> MultilingualCollection:
    """Load a dataset, or what one of its settings needs, without the queries that have no relevant passage there.

    Args:
        name: Such as ``xquad-r``, ``xquad-r.en-de``, or ``./mine.en-de`` for a BEIR folder.
        source: As for :func:`load_dataset`.
        languages: Language codes; None for all, or those of the setting (all of a folder's).
        **options: Options of the dataset.

    Raises:
        UnknownNameError: If there is no such dataset or setting, before anything is loaded where the dataset's
            languages are known.
        The errors of :func:`load_dataset` and of
        :meth:`~beir_hybrid.collection.MultilingualCollection.setting`.

    Examples:
        >>> load_setting("sample.en-th")
        MultilingualCollection('sample', 2 languages, 74 queries, 74 passages, passage_text='sentence')
    """
    data = find_data(name)
    chosen = None if languages is None else tuple(languages)
    data.check(chosen)
    return data.load(source, chosen, **options).setting(data.setting)


def load_settings(
    name: str,
    settings: Sequence[str] | None = None,
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    **options: Any,
) -> tuple[MultilingualCollection, tuple[str, ...] | None]:
    """Load a dataset, or the languages that one of its settings needs, to evaluate on.

    Args:
        name: As for :func:`load_setting`; the setting may be a kind such as ``mono``, too.
        settings: Names of settings or kinds; None for the name's setting, or all.
        source: As for :func:`load_dataset`.
        languages: As for :func:`load_setting`.
        **options: Options of the dataset.

    Returns:
        The collection, and the settings to evaluate in; None for all.

    Raises:
        UnknownNameError: As for :func:`load_setting`.
        The errors of :func:`load_dataset`.

    Examples:
        >>> load_settings("sample.en-th")
        (MultilingualCollection('sample', 2 languages, 148 queries, 148 passages, passage_text='sentence'), ('en-th',))
    """
    data = find_data(name)
    named = (data.setting,) if data.setting else ()
    data.check_settings([*named, *(settings or ())])
    return data.load(source, languages, **options), tuple(settings or named) or None
