"""Names of folders: a dataset or one setting of it, and the splits that it has."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_setting, split_name
from beir_hybrid.errors import ConfigurationError, UnknownNameError, did_you_mean
from beir_hybrid.registry import DATASETS
from beir_hybrid.settings import choose_setting

_LIKE_A_SETTING = re.compile(r"[a-z]{2,3}(-[a-z]{2,4}(\+[a-z]{2,4})*)?")


def find_setting_name(name: str) -> tuple[str, str] | None:
    """Tell whether a name is one of ours, so that somebody else's dataset is left to them.

    Nothing is loaded; a dataset's module is imported only for a name that begins with the dataset's.

    Args:
        name: Such as ``scifact``, ``xquad-r`` or ``xquad-r.en-de``.

    Returns:
        The dataset's name and the setting's (empty for all of it); None if it is no name of ours.

    Raises:
        UnknownNameError: If it is a dataset of ours with languages that it lacks, such as ``xquad-r.en-xx``.
        PluginError: If the dataset's module cannot be loaded.

    Examples:
        >>> find_setting_name("sample.en-de"), find_setting_name("scifact"), find_setting_name("sample.v2")
        (('sample', 'en-de'), None, None)
    """
    dataset, setting = split_name(name)
    if dataset not in DATASETS.names() or name == f"{dataset}.":
        return None
    try:
        return check_name(name)
    except UnknownNameError:
        if _LIKE_A_SETTING.fullmatch(setting):
            raise
        return None


def check_name(name: str, languages: Iterable[str] | None = None) -> tuple[str, str]:
    """Split the name of a folder, and check it before anything is loaded.

    Args:
        name: Such as ``xquad-r``, ``xquad-r.de``, ``xquad-r.en-de``, ``xquad-r.en-de+es`` or ``xquad-r.en-all``.
        languages: The languages that shall be loaded; None for all.

    Returns:
        The dataset's name and the setting's, which is empty for all of it.

    Raises:
        UnknownNameError: If there is no such dataset, or it has no such setting.
    """
    dataset, setting = split_name(name)
    told: Iterable[str] = getattr(DATASETS.get(dataset), "languages", ())
    known = tuple(told if languages is None else languages)
    if name == f"{dataset}.":
        choose_setting("", known, known, dataset)
    if setting and known:  # a dataset that does not tell its languages is checked once it is loaded
        choose_setting(setting, known, known, dataset)
    return dataset, setting


def splits_of(dataset: str) -> tuple[str, ...]:
    """List the splits of a dataset, the usual one first; ``("test",)`` where it does not tell.

    Args:
        dataset: A registered name.

    Examples:
        >>> splits_of("miracl")
        ('dev', 'train')
    """
    thing = DATASETS.get(dataset)
    if told := tuple(getattr(thing, "splits", ())):
        return told
    parameter = _parameters(thing).get("split")
    usual = parameter.default if parameter is not None else None
    return (usual,) if isinstance(usual, str) else ("test",)


def load_splits(
    name: str,
    splits: Sequence[str] = (),
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    **options: Any,
) -> dict[str, MultilingualCollection]:
    """Load splits of a dataset, in the languages that a setting needs.

    Args:
        name: As for :func:`check_name`.
        splits: Names of splits; none for the usual one.
        source: As for :func:`~beir_hybrid.datasets.load_dataset`.
        languages: As there.
        **options: As there.

    Returns:
        One collection per split, of all that was loaded: the setting is still to be chosen.

    Raises:
        UnknownNameError: If there is no such dataset or setting.
        ConfigurationError: If there is no such split, one is given twice, or the option ``split`` is given.
        The other errors of :func:`~beir_hybrid.datasets.load_dataset`.
    """
    if "split" in options:
        raise ConfigurationError(f"split is {options['split']!r} where several may be.", "Give splits=(NAME, ...).")
    chosen_languages = None if languages is None else tuple(languages)
    dataset, _ = check_name(name, chosen_languages)
    known = splits_of(dataset)
    takes_split = "split" in _parameters(DATASETS.get(dataset))
    chosen = tuple(splits) or known[:1]
    for split in chosen:
        if chosen.count(split) > 1:
            raise ConfigurationError(f"The split {split!r} is given twice.", "Name each split once.")
        if not takes_split and split not in known:
            raise ConfigurationError(f"{dataset} has no split {split!r}.", did_you_mean(split, known))
    found = {}
    for split in chosen:
        given = options | ({"split": split} if takes_split else {})
        found[split], _ = load_setting(name, source, chosen_languages, **given)
    return found


def _parameters(dataset: Any) -> Mapping[str, inspect.Parameter]:
    load = getattr(dataset, "load", None)
    return inspect.signature(load).parameters if load is not None else {}
