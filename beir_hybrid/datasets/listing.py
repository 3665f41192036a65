"""What datasets there are, as their own attributes tell it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from beir_hybrid.datasets.beir.names import splits_of
from beir_hybrid.errors import BeirHybridError
from beir_hybrid.registry import DATASETS
from beir_hybrid.registry.origin import Origin


@dataclass(frozen=True)
class Listing:
    """A registered dataset; nothing of it is loaded.

    Attributes:
        name: The registered name.
        description: One line.
        languages: Language codes.
        queries: Of the first split in all languages; None if the dataset does not tell.
        passages: Of the first split in all languages; None if the dataset does not tell.
        splits: Names, the usual one first.
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
        """Give it as JSON can hold it."""
        return asdict(self)


def list_datasets() -> list[Listing]:
    """List every registered dataset, sorted by name; those that cannot be loaded too, with the reason.

    Examples:
        >>> [listing.splits for listing in list_datasets() if listing.name == "miracl"]
        [('dev', 'train')]
    """
    return [_describe(registration) for registration in DATASETS.registrations()]


def _describe(registration: Origin) -> Listing:
    try:
        dataset = DATASETS.get(registration.name)
        return Listing(
            name=registration.name,
            description=getattr(dataset, "description", ""),
            languages=tuple(getattr(dataset, "languages", ())),
            queries=getattr(dataset, "queries", None),
            passages=getattr(dataset, "passages", None),
            splits=splits_of(registration.name),
            licence=getattr(dataset, "licence", ""),
            distribution=registration.distribution,
        )
    except BeirHybridError as error:
        return Listing(registration.name, distribution=registration.distribution, broken=str(error))
