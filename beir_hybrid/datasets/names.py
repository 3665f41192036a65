"""Names of data: a dataset or one of its settings, such as ``xquad-r.en-de``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.beir.folder import is_beir_folder
from beir_hybrid.datasets.ir_dataset import is_irds
from beir_hybrid.datasets.registered import DatasetAdapter, find_dataset
from beir_hybrid.errors import ConfigurationError, UnknownNameError, did_you_mean
from beir_hybrid.registry import DATASETS
from beir_hybrid.settings import KINDS, all_settings, choose_setting, choose_settings, parse_setting

_LIKE_A_SETTING = re.compile(r"[a-z]{2,3}(-[a-z]{2,4}(\+[a-z]{2,4})*)?")
_OF_IRDS = re.compile(rf"{'|'.join(KINDS)}|{_LIKE_A_SETTING.pattern}")  # as ids end in such as v1.1


@dataclass(frozen=True)
class NamedData:
    """A dataset, or one of its settings.

    Attributes:
        dataset: The dataset.
        setting: Name of the setting; empty for the whole dataset.
    """

    dataset: DatasetAdapter
    setting: str

    @property
    def name(self) -> str:
        """The name by which results and folders know it, however the path of a folder is written."""
        return ".".join(filter(None, (self.dataset.name, self.setting)))

    @property
    def languages(self) -> tuple[str, ...] | None:
        """The languages that the setting needs; None for all, or where those of the dataset are unknown."""
        parsed = parse_setting(self.setting, self.dataset.languages)
        if parsed is None or parsed.pool:
            return None
        return tuple(dict.fromkeys([parsed.query_language, *parsed.corpus_languages]))

    def check(self, languages: Iterable[str] | None = None) -> None:
        """Check the setting before anything is loaded, as far as the dataset's languages are known.

        Args:
            languages: The languages to be loaded; None for all.

        Raises:
            UnknownNameError: If the dataset has no such setting, or it is the name of a kind.
        """
        known = self.dataset.languages if languages is None else tuple(languages)
        if self.setting and known:
            choose_setting(self.setting, known, known, self.dataset.name)

    def check_settings(self, settings: Sequence[str], languages: Iterable[str] | None = None) -> None:
        """Check names of settings and kinds likewise.

        Args:
            settings: The names.
            languages: As for :meth:`check`.

        Raises:
            UnknownNameError: If the dataset has no such setting.
        """
        known = self.dataset.languages if languages is None else tuple(languages)
        if known:
            choose_settings(settings, all_settings(known, known), self.dataset.name)

    def load(
        self, source: str | Path | None = None, languages: Iterable[str] | None = None, **options: Any
    ) -> MultilingualCollection:
        """Load the dataset in the languages that the setting needs; see :func:`~beir_hybrid.datasets.load_dataset`.

        Args:
            source: As there.
            languages: Language codes; None for those of the setting, or for all where they are unknown.
            **options: As there.
        """
        return self.dataset.load(source, self.languages if languages is None else languages, **options)

    def load_splits(
        self,
        splits: Sequence[str] = (),
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        **options: Any,
    ) -> dict[str, MultilingualCollection]:
        """Load several splits; see :meth:`load`.

        Args:
            splits: Names of splits; none for the default one.
            source: As there.
            languages: As there.
            **options: As there.

        Returns:
            One collection per split.

        Raises:
            ConfigurationError: If there is no such split, one is given twice, or the option ``split`` is given.
        """
        if "split" in options:
            raise ConfigurationError(f"split is {options['split']!r} where several may be.", "Pass splits=(NAME, ...).")
        dataset = self.dataset
        chosen = tuple(splits) or dataset.splits[:1]
        for split in chosen:
            if chosen.count(split) > 1:
                raise ConfigurationError(f"The split {split!r} is given twice.", "Name each split once.")
            if not dataset.has_splits and split not in dataset.splits:
                raise ConfigurationError(f"{dataset.name} has no split {split!r}.", did_you_mean(split, dataset.splits))
        wanted = None if languages is None else tuple(languages)
        return {
            split: self.load(source, wanted, **options, **({"split": split} if dataset.has_splits else {}))
            for split in chosen
        }


def find_data(name: str, *, folders: bool = True) -> NamedData:
    """Find a dataset or one of its settings; the setting is not checked yet.

    Args:
        name: Such as ``xquad-r`` (all of it), ``xquad-r.de``, ``xquad-r.en-de`` or ``xquad-r.en-all``; likewise with
            the path of a BEIR folder in the dataset's place, as in ``./mine.en-de``, or ids of ir_datasets, as in
            ``irds:mmarco/v2/*/dev/small.en-de``. A folder that has the whole name is the dataset.
        folders: Whether paths and ids of ir_datasets are allowed.

    Raises:
        UnknownNameError: If there is no such dataset, or nothing follows its dot.

    Examples:
        >>> find_data("xquad-r.en-de").setting, find_data("xquad-r").setting
        ('en-de', '')
    """
    dataset, setting = _split(name)
    if dataset == name and folders:
        folder, _, rest = name.rpartition(".")
        if rest and "/" not in rest and not is_beir_folder(name) and is_beir_folder(folder):
            dataset, setting = folder, rest
    data = NamedData(find_dataset(dataset, folders=folders), setting)
    if name == f"{dataset}.":
        data.check_settings([""])
    return data


def is_registered(name: str) -> bool:
    """Return whether a name belongs to a registered dataset or one of its settings, and not to another one.

    Nothing is loaded; a dataset's module is imported only for a name that begins with the dataset's.

    Args:
        name: Such as ``scifact``, ``xquad-r`` or ``xquad-r.en-de``.

    Raises:
        UnknownNameError: If it is a registered dataset with languages that it lacks, such as ``xquad-r.en-xx``.
        PluginError: If the dataset's module cannot be loaded.

    Examples:
        >>> is_registered("sample.en-de"), is_registered("scifact"), is_registered("sample.v2")
        (True, False, False)
    """
    dataset, setting = _split(name)
    if dataset not in DATASETS.names() or name == f"{dataset}.":
        return False
    try:
        find_data(name, folders=False).check()
    except UnknownNameError:
        if _LIKE_A_SETTING.fullmatch(setting):
            raise
        return False
    return True


def _split(name: str) -> tuple[str, str]:
    """Split a name into the dataset's, which is all of it if there is none registered, and the setting's."""
    if is_irds(name):
        identifier, _, setting = name.rpartition(".")
        return (identifier, setting) if _OF_IRDS.fullmatch(setting) else (name, "")
    names = DATASETS.names()
    prefixes = [known for known in names if name.startswith(f"{known}.")] if name not in names else []
    dataset = max(prefixes, key=len, default=name)
    return dataset, name[len(dataset) + 1 :]
