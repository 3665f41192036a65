"""Datasets: one file per dataset or format, found by name through the registry."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, DataFormatError, did_you_mean
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs import ParallelPairs
from beir_hybrid.registry import DATASETS
from beir_hybrid.registry.origin import is_ours
from beir_hybrid.settings import all_settings, choose_settings, parse_setting
from beir_hybrid.storage.files import existing

__all__ = ["load_dataset", "load_pairs", "load_setting", "load_sources", "split_name"]

T = TypeVar("T")


def load_dataset(
    name: str | Path,
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    **options: Any,
) -> MultilingualCollection:
    """Load a dataset for evaluation.

    Args:
        name: A registered name, such as ``xquad-r``, ``mlqa-r``, ``miracl`` or ``sample``, or the path of a BEIR
            folder; see :func:`~beir_hybrid.datasets.beir.folder.read_beir_folder`.
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
        DataFormatError: If a file is not what it should be.
        PluginError: If the dataset is another package's and gives no collection; the message names the package.

    Examples:
        >>> load_dataset("sample", languages=["en", "th"])
        MultilingualCollection('sample', 2 languages, 148 queries, 148 passages, passage_text='sentence')
    """
    return _call(MultilingualCollection, name, "load", source, languages, options)


def load_pairs(
    name: str | Path,
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    **options: Any,
) -> ParallelPairs:
    """Load questions and passages for training.

    Args:
        name: A registered name, or the path of a file: ``.jsonl`` with one pair per line, or ``.arrow`` as
            :meth:`ParallelPairs.save` writes it.
        source: As for :func:`load_dataset`.
        languages: Language codes; None for all.
        **options: Options of the dataset.

    Returns:
        Pairs by group and language.

    Raises:
        The same errors as :func:`load_dataset`.

    Examples:
        >>> load_pairs("sample", languages=["en", "th"])
        ParallelPairs('sample', 132 groups, 264 pairs, languages=('en', 'th'))
    """
    path = Path(name)
    if str(name) not in DATASETS.names() and (path.suffix in {".jsonl", ".arrow"} or existing(name)):
        from beir_hybrid.datasets.jsonl import read_pairs

        if options:
            raise ConfigurationError(f"A file of pairs has no option {min(options)!r}.", "Leave it out.")
        return (ParallelPairs.open(path) if path.suffix == ".arrow" else read_pairs(path)).select(languages)
    return _call(ParallelPairs, str(name), "pairs", source, languages, options)


def load_sources(
    names: Iterable[str],
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    **options: Any,
) -> list[ParallelPairs]:
    """Load several sources of pairs to train on side by side.

    Args:
        names: As for :func:`load_pairs`; sources that bring the same name are called by what they are given as here.
        source: As for :func:`load_dataset`.
        languages: Language codes; of each source those that it has. None for all.
        **options: Options of the datasets.

    Raises:
        ConfigurationError: If a source is given twice.
        LanguageError: If no source has one of the languages, or a source has none of them.
    """
    given = list(names)
    if repeated := [name for name in given if given.count(name) > 1]:
        raise ConfigurationError(f"The data {repeated[0]!r} are given twice.", "Give each source once, and weigh them.")
    if len(given) == 1:
        return [load_pairs(given[0], source=source, languages=languages, **options)]
    found = {name: load_pairs(name, source=source, **options) for name in given}
    if languages is not None:
        known = sorted({language for pairs in found.values() for language in pairs.languages})
        chosen = choose_languages(languages, known, " + ".join(pairs.name for pairs in found.values()))
        for name, pairs in found.items():
            found[name] = pairs.select([language for language in chosen if language in pairs.languages])
    titles = [pairs.name for pairs in found.values()]
    for name, pairs in found.items():
        if titles.count(pairs.name) > 1:
            found[name] = ParallelPairs(name, pairs.table)
    return list(found.values())


def split_name(name: str) -> tuple[str, str]:
    """Split the name of a dataset's setting into the two.

    Args:
        name: Such as ``xquad-r`` (all of it), ``xquad-r.de``, ``xquad-r.en-de`` or ``xquad-r.en-all``; likewise with
            the path of a BEIR folder in the dataset's place, as in ``./mine.en-de``. A folder that has the whole name
            is meant as it is.

    Returns:
        The dataset's name or path and the setting's name, which is empty for all of it.

    Examples:
        >>> split_name("xquad-r.en-de"), split_name("xquad-r")
        (('xquad-r', 'en-de'), ('xquad-r', ''))
    """
    if name in DATASETS.names():
        return name, ""
    fitting = [known for known in DATASETS.names() if name.startswith(f"{known}.")]
    dataset = max(fitting, key=len, default=name)
    if dataset == name:
        from beir_hybrid.datasets.beir.reader import is_beir_folder

        folder, _, setting = name.rpartition(".")
        if setting and "/" not in setting and not is_beir_folder(name) and is_beir_folder(folder):
            return folder, setting
    return dataset, name[len(dataset) + 1 :]


def load_setting(
    name: str,
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    **options: Any,
) -> tuple[MultilingualCollection, str]:
    """Load a dataset, or the languages that one of its settings needs.

    Args:
        name: Such as ``xquad-r``, ``xquad-r.en-de``, or ``./mine.en-de`` for a BEIR folder.
        source: As for :func:`load_dataset`.
        languages: Language codes; None for all, or those of the setting (all of a folder's).
        **options: Options of the dataset.

    Returns:
        The collection, and the name of the setting, which is empty for all of them.

    Raises:
        UnknownNameError: If the dataset has no such setting, told before it is loaded where it tells its languages.
        The errors of :func:`load_dataset`.

    Examples:
        >>> load_setting("sample.en-th")
        (MultilingualCollection('sample', 2 languages, 148 queries, 148 passages, passage_text='sentence'), 'en-th')
    """
    dataset, setting = split_name(name)
    known = check_settings(dataset, [setting]) if name != dataset and dataset in DATASETS.names() else ()
    parsed = parse_setting(setting, known)
    if languages is None and parsed is not None and not parsed.pool:
        languages = dict.fromkeys([parsed.query_language, *parsed.corpus_languages])
    return load_dataset(dataset, source=source, languages=languages, **options), setting


def check_settings(dataset: str, settings: Sequence[str]) -> tuple[str, ...]:
    """Check names of settings before a dataset is loaded.

    Args:
        dataset: A registered name.
        settings: Such as ``en-de`` or ``mono``.

    Returns:
        The languages of the dataset; none where it does not tell them, and nothing was checked.

    Raises:
        UnknownNameError: If there is no such dataset or setting.
    """
    languages = tuple(getattr(DATASETS.get(dataset), "languages", ()))
    if languages:
        choose_settings(settings, all_settings(languages, languages), dataset)
    return languages


def _call(
    kind: type[T],
    name: str | Path,
    method: str,
    source: str | Path | None,
    languages: Iterable[str] | None,
    options: dict[str, Any],
) -> T:
    """Have a dataset load something, and check what kind of thing it gives."""
    load: Callable[..., Any] | None = getattr(_find(name), method, None)
    if load is None:
        raise ConfigurationError(f"The dataset {str(name)!r} has no {method}().", "Choose a dataset that offers it.")
    parameters = inspect.signature(load).parameters
    known = set(parameters) - {"source", "languages"}
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    for option in options:
        if option not in known and not takes_any:
            raise ConfigurationError(
                f"The dataset {str(name)!r} has no option {option!r}.", did_you_mean(option, known)
            )
    origin = DATASETS.origin(str(name))
    with origin.blamed(f"{method}()"):
        try:
            found = load(source=source, languages=languages, **options)
        except DataFormatError as error:  # of what it makes, or of a file: either is that package's to know
            if not origin.distribution or is_ours(origin.target):
                raise
            raise type(error)(error.problem, f"{error.fix} {origin} gave it.".strip()) from error
    if not isinstance(found, kind):
        raise origin.refusal(
            f"{method}() gave a {type(found).__name__} in place of {kind.__name__}.", f"It must give a {kind.__name__}"
        )
    return found


def _find(name: str | Path) -> Any:
    """Find a dataset: a registered one, or else a BEIR folder."""
    if str(name) not in DATASETS.names():
        from beir_hybrid.datasets.beir.reader import BeirFolder, is_beir_folder

        if is_beir_folder(name):
            return BeirFolder(Path(name))
    return DATASETS.get(str(name))
