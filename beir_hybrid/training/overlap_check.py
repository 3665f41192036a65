"""The check of training data against evaluation sets, before a training."""

from __future__ import annotations

import logging

from beir_hybrid.datasets import load_evaluation_texts
from beir_hybrid.pairs.overlap import OverlapFinder, pairs_source
from beir_hybrid.training.prepare import PreparedTraining
from beir_hybrid.training.processes import is_first_process

logger = logging.getLogger(__name__)

HEADING = "Evaluation sets in the data"
"""Heading of the result in the model card."""


def check_data(prepared: PreparedTraining) -> dict[str, str]:
    """Look for texts of the evaluation sets that the request names in its training data, and warn of them.

    Returns:
        A line for the model card by its heading; none without such a set, and on all processes but the first.

    Raises:
        BeirHybridError: Any of its leaves, for sets that cannot be loaded.
    """
    names = prepared.request.check_against
    if not names or not is_first_process():
        return {}
    finder = OverlapFinder([load_evaluation_texts(name, prepared.request.source) for name in names])
    results = []
    extra = [each.open(prepared.request.source) for each in prepared.given_extra]
    for data in [*map(pairs_source, prepared.sources), *extra]:
        overlap, _ = finder.find(data, show_progress=None)
        results.append(overlap.summary)
        if overlap.counts:
            logger.warning("%s. beir-hybrid data check --remove writes data without them.", overlap.summary)
        else:
            logger.info("Checked: %s.", overlap.summary)
    return {HEADING: "; ".join(results)}
