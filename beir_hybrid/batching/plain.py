"""PlainBatches: batches of a dataset without languages, drawn by the host's own sampler."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError, did_you_mean

if TYPE_CHECKING:
    from datasets import Dataset
    from sentence_transformers.base.sampler import DefaultBatchSampler

PLAIN_SAMPLERS = ("batch_sampler", "no_duplicates", "no_duplicates_hashed", "group_by_label")
"""The host's samplers, by the names that its training arguments have for them."""

_ROWS = 2**14  # that are read together


class PlainBatches:
    """Batches of a dataset without languages, as the host's sampler draws them.

    A pass is what the host's sampler draws in the epoch of that number, each of its passes with a generator seeded by
    seed and pass, so that any pass is drawn without those before it. Batches are always full. Within a pass the host's
    sampler can only be read from the beginning.

    Args:
        name: Name of the dataset, for messages.
        dataset: Its rows, as the Trainer gets them.
        batch_size: Examples per batch and process.
        seed: Seed of all draws.
        world_size: Number of processes; a step's batches are consecutive ones of the sampler.
        sampler: One of :data:`PLAIN_SAMPLERS`.
        labels: Columns that are labels, not texts.

    Attributes:
        rows: Number of rows.

    Raises:
        ConfigurationError: If there is no such sampler, or the host's refuses the batch size or the rows.
        DataFormatError: If the rows are not known before training, or there is none.
        BatchError: If the rows cannot fill a step.
    """

    def __init__(
        self,
        name: str,
        dataset: Dataset,
        batch_size: int,
        *,
        seed: int = 0,
        world_size: int = 1,
        sampler: str = PLAIN_SAMPLERS[0],
        labels: Sequence[str] | None = None,
    ) -> None:
        self.name = name
        self.dataset = dataset
        self.batch_size = batch_size
        self.seed = seed
        self.world_size = world_size
        self.labels = labels
        if sampler not in PLAIN_SAMPLERS:
            raise ConfigurationError(
                f"The host has no batch sampler {str(sampler)!r}.", did_you_mean(sampler, PLAIN_SAMPLERS)
            )
        self.sampler = PLAIN_SAMPLERS[
            PLAIN_SAMPLERS.index(sampler)
        ]  # not a member of the host's, which reads otherwise
        if not hasattr(dataset, "data"):
            raise DataFormatError(
                f"{name} is of type {type(dataset).__name__}, whose rows are not all known before training.",
                "Give a datasets.Dataset.",
            )
        self.rows = len(dataset)
        if not self.rows:
            raise DataFormatError(f"{name} holds no example.", "Give at least one row, or leave it out.")
        if not len(self):
            raise BatchError(
                f"{name} holds {self.rows} rows, too few for a batch of {batch_size * world_size}.",
                "Lower the batch size or add data.",
            )
        self._next = (-1, -1)  # the step that the running stream comes to
        self._stream: Iterator[list[int]] = iter(())

    def __len__(self) -> int:
        """Steps of a pass."""
        if self.sampler == "group_by_label":
            return len(self._host) // self.world_size
        return self.rows // self.batch_size // self.world_size

    def step(self, number: int, step: int) -> list[list[int]]:
        """Return the rows of a step.

        Args:
            number: Pass, from 0.
            step: Step within the pass, from 0.

        Returns:
            A batch for each process.

        Raises:
            BatchError: If the rows cannot fill a batch, as where all texts are equal and none may repeat.
        """
        if (number, step) != self._next:
            self._stream = islice(self._batches(number), step * self.world_size, None)
        self._next = (number, step + 1)
        return list(islice(self._stream, self.world_size))

    def identity(self) -> list[Any]:
        """Return what determines the batches, but for seed and sizes, as plain JSON content."""
        return [self.name, self.rows, self.checksum, self.sampler]

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over all stored columns, shortened to 16 hexadecimal digits; reads each row once."""
        digest = hashlib.sha256(repr(sorted(self.dataset.features.items())).encode())
        for table in self.dataset.with_format("arrow").iter(_ROWS):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema.remove_metadata()) as writer:
                writer.write_table(table.combine_chunks().replace_schema_metadata())
            digest.update(sink.getvalue())
        return digest.hexdigest()[:16]

    @cached_property
    def _host(self) -> DefaultBatchSampler:
        """The host's sampler, with a generator of its own."""
        import torch
        from sentence_transformers.base import sampler as host
        from torch.utils.data import RandomSampler

        generator = torch.Generator()
        labels = None if self.labels is None else list(self.labels)
        options: dict[str, Any] = {
            **{"batch_size": self.batch_size, "drop_last": True, "valid_label_columns": labels},
            **{"generator": generator, "seed": self.seed},
        }
        try:
            if self.sampler == "batch_sampler":
                return host.DefaultBatchSampler(RandomSampler(self.dataset, generator=generator), **options)
            if self.sampler == "group_by_label":
                return host.GroupByLabelBatchSampler(self.dataset, **options)
            hashed = self.sampler == "no_duplicates_hashed"
            return host.NoDuplicatesBatchSampler(self.dataset, precompute_hashes=hashed, **options)
        except ValueError as error:
            raise ConfigurationError(
                f"{self.name} cannot be batched by {self.sampler}: {str(error).rstrip('.')}.",
                "Correct the data or the batch size, or choose another plain_batch_sampler.",
            ) from error

    def _batches(self, number: int) -> Iterator[list[int]]:
        """Yield a pass's batches; those of a sampler that falls short of its length again."""
        while True:
            self._host.generator.manual_seed(self.seed + number)  # type: ignore[union-attr]  # it has one
            self._host.set_epoch(number)
            count = 0
            for count, batch in enumerate(self._host, start=1):  # noqa: B007  # whether there was any
                yield list(batch)
            if not count:
                raise BatchError(
                    f"{self.name} fills no batch of {self.batch_size} by {self.sampler}.",
                    "Lower the batch size, or choose another plain_batch_sampler.",
                )
