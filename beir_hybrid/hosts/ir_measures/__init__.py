"""ir_measures: its command and its functions know this package's measures of language bias, without a change.

From the command line, or after ``beir-hybrid enable`` without the first three words::

    beir-hybrid run -m ir_measures qrels.txt run.trec "RankDistance@100" "NDKL@10"

In Python::

    import ir_measures
    import beir_hybrid.hosts.ir_measures

    beir_hybrid.hosts.ir_measures.activate()
    measures = [ir_measures.parse_measure(name) for name in ("RankDistance@100", "LanguageShare(language='de')@10")]
    ir_measures.calc_aggregate(measures, qrels, run)

or, which activates the host as well::

    from beir_hybrid.hosts.ir_measures import NDKL, RankDistance

    ir_measures.calc_aggregate([RankDistance @ 100, NDKL @ 10], qrels, run)

Ids of queries and documents begin with their language, as in ``en:17_3``, and the translations of a query share what
follows it. Queries and values are those of :mod:`beir_hybrid.evaluation.measures`; a query for which a measure has no
value is NaN, as is one without a relevant document, and the mean is over the others. A query without a result is
ranked with an empty list. Scores are finite numbers, compared as float32, and ties fall as in trec_eval.

A run does not say which languages were searched, nor how many documents they have. The languages are taken to be those
of the documents in the run and in the judgements, and their sizes the numbers of different documents there. Only
``NDKL`` depends on the sizes: give it the true ones, as in ``NDKL(sizes={'de': 1276, 'en': 1180})@10``.

``LanguagePEER`` tests the ranks that passages have in the whole ranking. A Kruskal-Wallis test such as
``scipy.stats.kruskal`` first ranks the passages of a grade anew among themselves, so its p-values differ.
"""

from __future__ import annotations

from beir_hybrid.hosts.ir_measures.changes import activate as activate
from beir_hybrid.hosts.ir_measures.changes import deactivate as deactivate
from beir_hybrid.hosts.ir_measures.changes import is_active as is_active
from beir_hybrid.lazy import attach

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

_get, __dir__ = attach(__name__, __file__)


def __getattr__(name: str) -> Any:
    """Return a measure, and activate the host, without which ir_measures could not compute it."""
    value = _get(name)
    if name != "__all__":
        activate()
    return value
