"""What this host changes in BEIR, by BEIR's module, and its activation."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from types import ModuleType

from beir_hybrid.hosts.kit.activation import Activation
from beir_hybrid.hosts.kit.imports import when_imported
from beir_hybrid.hosts.kit.patches import patch_methods

_ACTIONS = {
    "beir.util": ("downloads",),
    "beir.datasets.data_loader": ("data_loaders",),
    "beir.datasets.data_loader_hf": ("mends.streaming", "data_loaders"),
    "beir.generation.models.tilde": ("mends.batch_encode_plus",),
    "beir.reranking.models.mono_t5": ("mends.batch_encode_plus",),
    "beir.reranking.rerank": ("mends.datasets",),
    "beir.retrieval.apis.cohere": ("mends.lost_rows",),
    "beir.retrieval.apis.voyage": ("mends.voyage", "mends.lost_rows"),
    "beir.retrieval.evaluation": ("evaluate_retrieval", "mends.rerank"),
    "beir.retrieval.models.huggingface": ("mends.prompts",),
    "beir.retrieval.models.llm2vec": ("mends.prompts",),
    "beir.retrieval.models.nvembed": ("mends.needless_options", "mends.prompts"),
    "beir.retrieval.models.sentence_bert": ("mends.max_length", "mends.needless_options"),
    "beir.retrieval.models.sparta": ("mends.numpy_names",),
    "beir.retrieval.models.unicoil": ("mends.numpy_names", "mends.unicoil"),
    "beir.retrieval.models.vllm": ("mends.prompts",),
    "beir.retrieval.search.dense.exact_search": ("mends.single_query", "mends.datasets"),
    "beir.retrieval.search.dense.exact_search_multi_gpu": ("mends.abstract_searches", "mends.parallel"),
    "beir.retrieval.search.dense.faiss_index": ("mends.padding",),
    "beir.retrieval.search.dense.faiss_search": ("mends.datasets", "mends.abstract_searches", "mends.hnsw_sq"),
    "beir.retrieval.search.lexical.elastic_search": ("mends.elasticsearch",),
    "beir.retrieval.search.lexical.bm25_search": ("mends.abstract_searches", "mends.datasets"),
    "beir.retrieval.search.sparse.sparse_search": (
        "mends.abstract_searches",
        "mends.sparse_depth",
        "mends.datasets",
    ),
}
"""By BEIR's module, what is done once it has been imported, in this order, so that the last patch is called first.

Each is a module of this package. It has ``METHODS`` for :func:`~beir_hybrid.hosts.kit.patches.patch_methods`, or else a
function ``apply``, which makes changes of other kinds, or none where it finds no fault, and returns what undoes them.
"""

_IMPORTS = ("training", "api_helpers", "stop_words")
"""Mends of what cannot be imported, which stand by from the start."""


def _begin() -> None:
    for name in _IMPORTS:
        _activation.undo.append(import_module(f"{__package__}.mends.{name}").apply())
    for host, names in _ACTIONS.items():
        _activation.undo.extend([when_imported(host, partial(_apply, name)) for name in names])


def _apply(name: str, module: ModuleType) -> None:
    change = import_module(f"{__package__}.{name}")
    _activation.undo.extend(change.apply(module) if hasattr(change, "apply") else patch_methods(module, change.METHODS))


_activation = Activation(_begin)
activate, deactivate, is_active = _activation.activate, _activation.deactivate, _activation.is_active
