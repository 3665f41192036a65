"""DatasetAdapter: a registered dataset or a BEIR folder, complete and checked; and the list of all registered ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.beir.folder import BeirFolder, is_beir_folder
from beir_hybrid.datasets.ir_dataset import IrDataset, is_irds
from beir_hybrid.datasets.protocol import Dataset, TrainingDataset
from beir_hybrid.errors import BeirHybridError, ConfigurationError, DataFormatError, did_you_mean
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.registry import DATASETS
from beir_hybrid.registry.origin import Origin, is_ours

T = TypeVar("T")


@dataclass(frozen=True)
class Listing:
    """What is known of a dataset before it is loaded.

    Attributes:
        name: The registered name.
        description: One line.
        languages: Language codes; empty if unknown.
        queries: Of the first split in all languages; None if unknown.
        passages: Of the first split in all languages; None if unknown.
        splits: Names, the default first.
        licence: The licence of its texts.
        distribution: The distribution that registered it, with its version.
        broken: Why it cannot be used; empty if it can.
    """

    name: str
    description: str = ""
    languages: tuple[str, ...] = ()
    queries: int | None = None
    passages: int | None = None
    splits: tuple[str, ...] = ()
    licence: str = ""
    distribution: str = ""
    broken: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the attributes by name."""
        return {each.name: getattr(self, each.name) for each in fields(Listing)}


@dataclass(frozen=True, kw_only=True)
class DatasetAdapter(Listing):
    """A dataset as the rest of the package uses it: what its author left out is filled in, what it returns is checked.

    Attributes:
        origin: Who brought it, for messages; its name is the one that was asked for, such as a folder's path.
        dataset: What was registered, a BEIR folder, or ids of ir_datasets.
    """

    origin: Origin
    dataset: Dataset

    @classmethod
    def of(cls, dataset: Dataset, origin: Origin) -> DatasetAdapter:
        """Adapt a dataset."""
        split = _parameters(dataset.load).get("split")
        default = split.default if split is not None and isinstance(split.default, str) else "test"
        optional = ("description", "queries", "passages", "licence")
        return cls(
            name=dataset.name if isinstance(dataset, BeirFolder | IrDataset) else origin.name,
            languages=tuple(getattr(dataset, "languages", ())),
            splits=tuple(getattr(dataset, "splits", ())) or (default,),
            distribution=origin.distribution,
            origin=origin,
            dataset=dataset,
            **{name: getattr(dataset, name) for name in optional if hasattr(dataset, name)},
        )

    @property
    def has_splits(self) -> bool:
        """Whether a split can be chosen."""
        return "split" in _parameters(self.dataset.load)

    @property
    def has_pairs(self) -> bool:
        """Whether it can be trained on."""
        return isinstance(self.dataset, TrainingDataset)

    def load(
        self, source: str | Path | None = None, languages: Iterable[str] | None = None, **options: Any
    ) -> MultilingualCollection:
        """Load corpora, queries and relevance; see :func:`~beir_hybrid.datasets.load_dataset`."""
        return self._call(self.dataset.load, MultilingualCollection, source, languages, options)

    def pairs(
        self, source: str | Path | None = None, languages: Iterable[str] | None = None, **options: Any
    ) -> ParallelPairs:
        """Load questions and passages for training; see :func:`~beir_hybrid.datasets.load_pairs`."""
        if not isinstance(self.dataset, TrainingDataset):
            raise ConfigurationError(f"The dataset {self.origin.name!r} has no pairs().", "Choose one that has.")
        return self._call(self.dataset.pairs, ParallelPairs, source, languages, options)

    def _call(
        self,
        method: Callable[..., object],
        kind: type[T],
        source: str | Path | None,
        languages: Iterable[str] | None,
        options: Mapping[str, Any],
    ) -> T:
        """Call one of the dataset's methods, and check its options and its result."""
        parameters, name = _parameters(method), method.__name__
        known = set(parameters) - {"source", "languages"}
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        if unknown := [option for option in options if option not in known and not takes_any]:
            raise ConfigurationError(
                f"The dataset {self.origin.name!r} has no option {unknown[0]!r}.", did_you_mean(unknown[0], known)
            )
        with self.origin.blamed(f"{name}()"):
            try:
                result = method(source=source, languages=languages, **options)
            except DataFormatError as error:  # of its result or of a file: its author has to repair either
                if not self.origin.distribution or is_ours(self.origin.target):
                    raise
                raise type(error)(error.problem, f"{error.fix} {self.origin} gave it.".strip()) from error
        if not isinstance(result, kind):
            raise self.origin.refusal(
                f"{name}() gave a {type(result).__name__} in place of {kind.__name__}.",
                f"It must return a {kind.__name__}",
            )
        return result


def _parameters(method: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(method).parameters


def find_dataset(name: str | Path, *, folders: bool = True) -> DatasetAdapter:
    """Find a dataset by its registered name, or else by the path of a BEIR folder or by ids of ir_datasets.

    Args:
        name: The name or path, or an address as for :meth:`~beir_hybrid.datasets.ir_dataset.IrDataset.parse`.
        folders: Whether paths and addresses are allowed.

    Raises:
        UnknownNameError: If there is none of them.
        PluginError: If the dataset cannot be used; the message names the package that registered it.
    """
    given = str(name)
    is_folder = folders and given not in DATASETS.names() and is_beir_folder(name)
    dataset: Dataset
    if folders and is_irds(given):
        dataset = IrDataset.parse(given)
    else:
        dataset = BeirFolder(Path(name)) if is_folder else DATASETS.get(given)
    return DatasetAdapter.of(dataset, DATASETS.origin(given))


def list_datasets() -> list[Listing]:
    """List every registered dataset, sorted by name; those that cannot be used too, with the reason.

    Examples:
        >>> [listing.splits for listing in list_datasets() if listing.name == "miracl"]
        [('dev', 'train')]
    """
    return [_describe(registration) for registration in DATASETS.registrations()]


def _describe(registration: Origin) -> Listing:
    try:
        return replace(find_dataset(registration.name), distribution=registration.distribution)
    except BeirHybridError as error:
        return Listing(registration.name, distribution=registration.distribution, broken=str(error))
