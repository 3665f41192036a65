"""``EvaluateRetrieval``: what it retrieves is remembered, and what it evaluates is measured by language as well."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.beir.embedding_files import EMBEDDING_FILES
from beir_hybrid.hosts.beir.loaded_data import loaded_datasets
from beir_hybrid.hosts.kit.patches import patch_methods
from beir_hybrid.training.processes import is_first_process


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let its methods go through ours; what they return stays what it is.

    ``evaluate`` and ``evaluate_custom`` are static methods, which every script fetches through the class.
    """
    return [
        _forget,
        *patch_methods(
            module,
            {
                "EvaluateRetrieval.retrieve": (_retrieve, ("self", "corpus", "queries", "kwargs")),
                "EvaluateRetrieval.encode_and_retrieve": (
                    _encode_and_retrieve,
                    ("self", "corpus", "queries", *EMBEDDING_FILES, "kwargs"),
                ),
                "EvaluateRetrieval.evaluate": (_evaluate, ("qrels", "results", "k_values", "ignore_identical_ids")),
                "EvaluateRetrieval.evaluate_custom": (_evaluate_custom, ("qrels", "results", "k_values", "metric")),
            },
        ),
    ]


def _forget() -> None:
    from beir_hybrid.hosts.beir.remembered_searches import remembered_searches

    remembered_searches.forget()


def _retrieve(original: Callable[..., Any], self: Any, corpus: Any, queries: Any, **kwargs: Any) -> Any:
    """Retrieve, and keep what the search's model encodes meanwhile."""
    if not _is_wanted(self.retriever, queries):
        return original(self, corpus, queries, **kwargs)
    from beir_hybrid.hosts.beir.search_recorder import record_search

    return record_search(
        lambda: original(self, corpus, queries, **kwargs), self.retriever, corpus, queries, self.score_function
    )


def _encode_and_retrieve(
    original: Callable[..., Any], self: Any, corpus: Any, queries: Any, *args: Any, **kwargs: Any
) -> Any:
    """Encode into files and retrieve, and read the files once more."""
    results = original(self, corpus, queries, *args, **kwargs)
    if _is_wanted(self.retriever, queries):
        from beir_hybrid.hosts.beir.search_recorder import record_files

        given = {**EMBEDDING_FILES, **dict(zip(EMBEDDING_FILES, args, strict=False)), **kwargs}
        folder, function = given["encode_output_path"], given.get("score_function")
        files = [f"{folder}/{given[name]}" for name in ("query_filename", "corpus_filename")]
        record_files(files, results, self.retriever, corpus, queries, function)
    return results


def _is_wanted(search: Any, queries: Any) -> bool:
    """Return whether there may be languages to compare, and this is the process that reports on them."""
    try:
        return search is not None and is_first_process() and loaded_datasets.may_have_languages(queries)
    except Exception:  # queries of some kind of the script's own
        return False


def _evaluate(
    original: Callable[..., Any], qrels: Any, results: Any, k_values: Any, ignore_identical_ids: bool = True
) -> Any:
    """Return what BEIR returns, once the report is printed."""
    scores = original(qrels, results, k_values, ignore_identical_ids)
    from beir_hybrid.hosts.beir.report import report

    report(qrels, results, k_values)
    return scores


def _evaluate_custom(original: Callable[..., Any], qrels: Any, results: Any, k_values: Any, metric: str) -> Any:
    """Return what BEIR returns for its own names, and our measure for others, for which it returns None."""
    scores = original(qrels, results, k_values, metric)
    if scores is not None:
        return scores
    from beir_hybrid.hosts.beir.custom_metric import measure

    return measure(qrels, results, k_values, metric)
