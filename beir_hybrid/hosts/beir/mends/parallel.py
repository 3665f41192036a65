"""The search on several processes does without a GPU, and without padding. In BEIR up to 2.2.0 at least.

It gathers the processes' best passages in tensors on ``cuda``, and in a form that only NCCL takes. Where a process has
fewer passages than were asked for and another one has more than it, the shorter ranking is filled up with the number -1
and the score -1, which is read as the last passage, whose true score is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.beir.dicts import as_corpus, as_queries
from beir_hybrid.hosts.kit.patches import patch, see
from beir_hybrid.training.processes import launched_processes

_PARAMETERS = ("self", "corpus", "queries", "top_k", "score_function", "ignore_identical_ids", "kwargs")


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Gather where there is a device for it, and search in each process what would be padded."""
    return [
        see(module, "torch", empty=_empty),
        see(module, "dist", all_gather_into_tensor=_gather),
        *patch(module.DenseRetrievalParallelExactSearch, "search", _search, _PARAMETERS),
    ]


def _search(
    original: Callable[..., Any],
    self: Any,
    corpus: Any,
    queries: Any,
    top_k: int,
    score_function: str,
    ignore_identical_ids: bool = True,
    **kwargs: Any,
) -> Any:
    asked = set(queries["id"]) if ignore_identical_ids else set()
    left = sum(document not in asked for document in corpus["id"])
    processes = launched_processes()
    if left % processes and left // processes < top_k:
        return _search_here(self, corpus, queries, top_k, score_function, asked)
    return original(self, corpus, queries, top_k, score_function, ignore_identical_ids, **kwargs)


def _search_here(self: Any, corpus: Any, queries: Any, top_k: int, score_function: str, without: set[str]) -> Any:
    """Search a corpus so small that each process can; all find the same."""
    from beir_hybrid.hosts.beir.exact_search import BeirExactSearch

    passages = {document: passage for document, passage in as_corpus(corpus).items() if document not in without}
    search = BeirExactSearch(self.model, self.encoding_batch_size, show_progress_bar=self.show_progress_bar)
    self.results = search.search(passages, as_queries(queries), top_k, score_function)
    return self.results


def _empty(*shape: Any, device: Any = None, **options: Any) -> Any:
    import torch

    return torch.empty(*shape, device=device if torch.cuda.is_available() else "cpu", **options)


def _gather(output: Any, part: Any, *args: Any, **options: Any) -> Any:
    import torch.distributed as distributed

    rows = output if output.is_cuda else output.view(-1, *part.shape[1:])  # one below the other: the same memory
    return distributed.all_gather_into_tensor(rows, part, *args, **options)
