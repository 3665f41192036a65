"""Losses with in-batch negatives for batches that hold translations of one question.

Batches from :class:`~beir_hybrid.batching.sampler.HybridBatchSampler` never do, and need none of this. These losses are
for batches that come from elsewhere: they leave out of the softmax whatever belongs to the same group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from sentence_transformers import __version__ as host_version
from sentence_transformers.sentence_transformer.losses import (
    CachedMultipleNegativesRankingLoss,
    MultipleNegativesRankingLoss,
)
from sentence_transformers.util import get_rank
from torch import Tensor

from beir_hybrid.errors import ConfigurationError

Similarity = Callable[[Tensor, Tensor], Tensor]

_TAG = 3 * 8
"""Columns of a tag: the bytes of three 64-bit numbers, a row's group, its place in the batch and its column."""

_QUERY, _POSITIVE = 0, 1
"""Columns of the batch; those after the positive hold hard negatives."""


class GroupMaskedMultipleNegativesRankingLoss(MultipleNegativesRankingLoss):
    """MultipleNegativesRankingLoss without the false negatives that translations would be.

    The dataset carries the number of each row's group, equal for translations of one question, in an integer column
    ``label``, which reaches a loss untouched. For every row, these are left out of the softmax, in all ``directions``
    and both partition modes, and over all processes with ``gather_across_devices``:

    * as the host leaves out the row itself: questions and positives of other rows of its group,
    * from ``doc_to_doc``, as the host leaves out the documents of the row's own question: hard negatives of its group.

    A hard negative of another row of the group stays among the negatives of the question: it is a wrong answer to a
    translation of that question, so to the question too. ``hardness_mode`` counts it as an in-batch negative, not as a
    hard negative of the row.

    With all labels different the loss is the host's. It takes the host's arguments.

    Raises:
        ConfigurationError: When it is called, if the labels are not one whole number per row, or if the installed
            sentence-transformers computes its scores in a way that cannot be masked.

    Examples:
        >>> loss = GroupMaskedMultipleNegativesRankingLoss(torch.nn.Identity())
        >>> alike = torch.ones(4, 8)
        >>> loss.compute_loss_from_embeddings([alike, alike], labels=torch.tensor([1, 2, 3, 4])).item()  # log 4
        1.386...
        >>> loss.compute_loss_from_embeddings([alike, alike], labels=torch.tensor([1, 1, 2, 2])).item()  # log 3
        1.098...
    """

    def compute_loss_from_embeddings(self, embeddings: list[Tensor], labels: Tensor | None) -> Tensor:
        """Compute the loss of embedded rows.

        Args:
            embeddings: The columns (anchor, positive, any negatives), each of shape (rows, dimensions).
            labels: Shape (rows,), whole numbers: each row's group.
        """
        groups = _check_groups(labels, embeddings[:1], type(self).__name__)
        places = _places(groups)
        tagged = [_tag(rows, groups, places, column) for column, rows in enumerate(embeddings)]
        with _masked(self):
            return super().compute_loss_from_embeddings(tagged, groups)


class CachedGroupMaskedMultipleNegativesRankingLoss(CachedMultipleNegativesRankingLoss):
    """:class:`GroupMaskedMultipleNegativesRankingLoss` for batches larger than memory.

    It caches gradients as the host's CachedMultipleNegativesRankingLoss does, and takes its arguments.

    Raises:
        ConfigurationError: As the loss without the cache.
    """

    def calculate_loss(
        self, reps: list[list[Tensor]], labels: Tensor | None = None, *, with_backward: bool = False
    ) -> Tensor:
        """Compute the loss of rows embedded a mini-batch at a time.

        Args:
            reps: For each column (anchor, positive, any negatives) its mini-batches, each of shape
                (rows of the mini-batch, dimensions).
            labels: Shape (rows of the batch,), whole numbers: each row's group.
            with_backward: Whether to compute the gradients of ``reps`` as well, and detach the loss.
        """
        groups = _check_groups(labels, reps[0], type(self).__name__)
        places = _places(groups)
        tagged = []
        for column, parts in enumerate(reps):
            sizes = [len(part) for part in parts]
            of_parts = zip(parts, torch.split(groups, sizes), torch.split(places, sizes), strict=True)
            tagged.append([_tag(rows, own_groups, own_places, column) for rows, own_groups, own_places in of_parts])
        with _masked(self.loss):
            return super().calculate_loss(tagged, groups, with_backward=with_backward)


def _check_groups(labels: Tensor | None, parts: list[Tensor], name: str) -> Tensor:
    """Raise an error unless the rows of a column, given in parts, have a whole number each."""
    rows = sum(len(part) for part in parts)
    fix = "Give the dataset a column 'label' of whole numbers, equal for translations of one question."
    if labels is None:
        raise ConfigurationError(f"{name} got no labels.", fix)
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise ConfigurationError(f"{name} got labels of {labels.dtype}.", fix)
    if labels.shape != (rows,):
        raise ConfigurationError(f"{name} got labels of shape {tuple(labels.shape)} for {rows} rows.", fix)
    return labels.to(parts[0].device, torch.int64)


def _places(groups: Tensor) -> Tensor:
    """Number the rows of the batch over all processes."""
    return torch.arange(len(groups), device=groups.device) + get_rank() * len(groups)


def _tag(rows: Tensor, groups: Tensor, places: Tensor, column: int) -> Tensor:
    """Append to every embedding what it belongs to, so that the host carries it along.

    Wherever the host gathers, slices, stacks or transposes the embeddings, the tags are with them. They are written as
    bytes, since whole numbers below 256 are exact in every floating type, bfloat16 included.

    Args:
        rows: Shape (rows, dimensions), a column of the batch or a part of it.
        groups: Shape (rows,).
        places: Shape (rows,), places in the batch over all processes.
        column: Number of the column.

    Returns:
        Shape (rows, dimensions + _TAG).
    """
    numbers = torch.stack([groups, places, torch.full_like(places, column)], dim=1)
    return torch.cat([rows, numbers.view(torch.uint8).to(rows.dtype)], dim=1)


@contextmanager
def _masked(loss: MultipleNegativesRankingLoss) -> Iterator[None]:
    """Let the host's loss compute with tagged embeddings: its similarity function removes the tags, and masks."""
    attributes = vars(loss)  # not setattr: for a similarity that is itself a module, torch would refuse a function
    before = attributes.get("similarity_fct")
    mask = _GroupMask(loss.similarity_fct, len(loss.directions))
    attributes["similarity_fct"] = mask
    try:
        yield
    finally:
        if before is None:
            del attributes["similarity_fct"]
        else:
            attributes["similarity_fct"] = before
    if mask.calls < mask.directions:
        raise _unmaskable()


class _GroupMask:
    """A similarity function between tagged embeddings: -inf where a row must not be another's negative.

    Args:
        similarity: The similarity function between embeddings.
        directions: The number of directions of the loss, each of which must come through here.
    """

    def __init__(self, similarity: Similarity, directions: int) -> None:
        self.similarity = similarity
        self.directions = directions
        self.calls = 0

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        # the host's code is the same for all mini-batches, and looking at values makes an accelerator wait
        check = self.calls < self.directions
        self.calls += 1
        masked = _excluded(_read_tags(a, check), _read_tags(b, check))
        return self.similarity(a[:, :-_TAG], b[:, :-_TAG]).masked_fill(masked, -torch.inf)


def _read_tags(rows: Tensor, check: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Read each row's group, place and column off its tag; optionally make sure that it still is a tag."""
    tags = rows[:, -_TAG:]
    # strides too are to be those of whole tags: contiguous() leaves a single row with the stride of the embeddings
    octets = tags.to(torch.uint8, memory_format=torch.contiguous_format)
    if check and not torch.equal(octets.to(tags.dtype), tags):
        raise _unmaskable()
    groups, places, columns = octets.view(torch.int64).unbind(dim=1)
    return groups, places, columns


def _excluded(a: tuple[Tensor, Tensor, Tensor], b: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Return what must not be each other's negative, shape (rows of a, rows of b)."""
    groups_a, places_a, columns_a = (numbers[:, None] for numbers in a)
    groups_b, places_b, columns_b = (numbers[None, :] for numbers in b)
    # a hard negative stays a negative of all questions of its group; either may be on either side
    negative_of_question = (torch.minimum(columns_a, columns_b) == _QUERY) & (
        torch.maximum(columns_a, columns_b) > _POSITIVE
    )
    return (groups_a == groups_b) & (places_a != places_b) & ~negative_of_question


def _unmaskable() -> ConfigurationError:
    return ConfigurationError(
        f"sentence-transformers {host_version} no longer scores with similarity_fct alone, so groups cannot be masked.",
        "Install the version in constraints.txt, or draw batches without translations with HybridBatchSampler.",
    )
