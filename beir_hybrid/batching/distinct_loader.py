"""DistinctTextsDataLoader: batches without shared texts, for loops over ``InputExample``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sentence_transformers.sentence_transformer.datasets import NoDuplicatesDataLoader
from sentence_transformers.sentence_transformer.readers import InputExample

from beir_hybrid.errors import BatchError


class DistinctTextsDataLoader(NoDuplicatesDataLoader):
    """Batches no two of whose examples share a text; the host's loader, which its ``fit`` knows.

    Where the host's would never end its search, this raises an error.

    Args:
        examples: The examples.
        batch_size: Examples per batch.

    Raises:
        BatchError: While iterating, if no example is left that shares no text with the batch.
    """

    def __init__(self, examples: list[InputExample], batch_size: int) -> None:
        super().__init__(examples, batch_size)  # type: ignore[no-untyped-call]  # of the host
        self._rng = np.random.default_rng(0)

    def __iter__(self) -> Iterator[Any]:
        endless = self._endless()
        for _ in range(len(self)):
            batch: list[InputExample] = []
            seen: set[str] = set()
            refused = 0
            while len(batch) < self.batch_size:
                example = next(endless)
                texts = {text.strip().lower() for text in example.texts or ()}
                refused += 1
                if seen.isdisjoint(texts):
                    batch.append(example)
                    seen |= texts
                    refused = 0
                elif refused == 2 * len(self.train_examples):  # so many in a row hold all of them
                    raise BatchError(
                        f"Every example shares a text with one of the {len(batch)} in a batch of {self.batch_size}.",
                        f"Lower the batch size to {len(batch)} or less, or add examples.",
                    )
            yield batch if self.collate_fn is None else self.collate_fn(batch)

    def _endless(self) -> Iterator[InputExample]:
        while True:
            for place in self._rng.permutation(len(self.train_examples)):
                yield self.train_examples[place]
