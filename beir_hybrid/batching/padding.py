"""Padding: how many slots a transformer that pads computes for every token, from the lengths that are stored."""

from __future__ import annotations

import numpy as np

from beir_hybrid.batching.mixed import MixedPlan
from beir_hybrid.batching.plan import Batch, BatchPlan
from beir_hybrid.texts import OCTAVE

_LOOKED_AT = 256  # steps, spread over the training


def slots_per_token(plan: BatchPlan | MixedPlan, steps: int) -> float | None:
    """Estimate the slots that are computed for every token of questions and passages.

    A process fills the questions of its batch up to the longest of them, and the passages likewise. Bytes stand for
    tokens: special tokens, prefixes and cuts bring the slots nearer to 1, and a tokenizer that gives some languages
    more tokens than others moves them away.

    Args:
        plan: The plan; of several datasets, those with languages count.
        steps: Steps of the training, some of which are drawn.

    Returns:
        Slots per token, from 1 on; None where a source does not say how long its texts are.
    """
    totals = np.zeros(2)
    for step in dict.fromkeys(np.linspace(0, steps - 1, min(steps, _LOOKED_AT)).astype(int).tolist()):
        epoch, place = divmod(step, len(plan))
        member: object = plan
        if isinstance(plan, MixedPlan):
            name, epoch, place = plan.turn(epoch, place)
            member = plan.members[name]
        if not isinstance(member, BatchPlan):
            continue
        batch = member.batch(epoch, place)
        if member.sources[batch.source].lengths is None:
            return None
        totals += _counts(batch, member)
    return float(totals[0] / totals[1]) if totals[1] else None


def _counts(batch: Batch, plan: BatchPlan) -> tuple[float, float]:
    """Return the slots and the bytes of a batch."""
    slots = real = 0.0
    source = plan.sources[batch.source]
    for buckets in source.buckets(batch.groups, batch.questions, batch.passages):
        lengths = (2.0 ** (buckets / OCTAVE) - 1.0).reshape(plan.world_size, -1)
        slots += float(lengths.max(axis=1).sum()) * plan.batch_size
        real += float(lengths.sum())
    return slots, real
