"""Loading datasets by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.names import find_data
from beir_hybrid.datasets.registered import find_dataset


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
        BeirHybridError: The errors of :func:`load_dataset` and of
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
        BeirHybridError: The errors of :func:`load_dataset`.

    Examples:
        >>> load_settings("sample.en-th")
        (MultilingualCollection('sample', 2 languages, 148 queries, 148 passages, passage_text='sentence'), ('en-th',))
    """
    data = find_data(name)
    named = (data.setting,) if data.setting else ()
    chosen = None if languages is None else tuple(languages)
    data.check_settings([*named, *(settings or ())], chosen)
    return data.load(source, chosen, **options), tuple(settings or named) or None
