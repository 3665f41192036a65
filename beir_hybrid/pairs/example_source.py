"""ExampleSource: where training examples come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from beir_hybrid.pairs.hard_negatives import HardNegatives
    from beir_hybrid.pairs.index import ExampleIndex
    from beir_hybrid.storage.pair_numbers import PairNumbers
    from beir_hybrid.storage.pair_store import TextRows


class ExampleSource(Protocol):
    """Where examples come from, such as :class:`~beir_hybrid.ParallelPairs`, whose attributes these are."""

    name: str

    @property
    def checksum(self) -> str: ...  # noqa: D102  # see ParallelPairs

    @property
    def index(self) -> ExampleIndex: ...  # noqa: D102

    @property
    def texts(self) -> TextRows: ...  # noqa: D102

    @property
    def numbers(self) -> PairNumbers: ...  # noqa: D102

    @property
    def hard_negatives(self) -> HardNegatives | None: ...  # noqa: D102

    def guarded_index(self, number: int) -> ExampleIndex: ...  # noqa: D102
