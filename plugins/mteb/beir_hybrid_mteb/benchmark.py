"""The benchmark: the tasks of the registered datasets, grouped by kind of retrieval."""

from __future__ import annotations

from functools import cache

import mteb
from mteb.benchmarks.benchmark import BenchmarkAggregation, CustomGroup, CustomGrouping

from beir_hybrid_mteb.kinds import kind_of_subset
from beir_hybrid_mteb.tasks import PooledRetrieval, registered_tasks

NAME = "beir-hybrid"
_LABELS = {"mono": "Monolingual", "cross": "Cross-lingual", "multi": "Multilingual"}
_TASKS = ("XQuADRPooled", "MLQARPooled")  # those that any machine can encode in minutes


@cache
def pooled_benchmark() -> mteb.Benchmark:
    """Group XQuAD-R's and MLQA-R's tasks in a benchmark, whose tables have a column for each kind of retrieval."""
    chosen = [registered_tasks()[name] for name in _TASKS]
    groups = [CustomGroup(label, [_of_kind(task, kind) for task in chosen]) for kind, label in _LABELS.items()]
    return mteb.Benchmark(
        name=NAME,
        tasks=[task() for task in chosen],
        description="Retrieval in one language, across languages, and in one pool of many languages, with measures of "
        "language bias.",
        reference="https://arxiv.org/abs/2408.10536",
        aggregations=(BenchmarkAggregation.MEAN_TASK, CustomGrouping("Kind of retrieval", groups)),
    )


def _of_kind(task: type[PooledRetrieval], kind: str) -> PooledRetrieval:
    """Return a task with the subsets of one kind."""
    subsets = [
        subset
        for subset, languages in task.metadata.hf_subsets_to_langscripts.items()
        if kind_of_subset(subset, languages) == kind
    ]
    return task().filter_languages(None, None, hf_subsets=subsets)
