"""The contract of hosts: ours fulfil it."""

from beir_hybrid.testing import HostContract


class TestBeir(HostContract):
    name = "beir"
    watched = (
        "beir.util",
        "beir.datasets.data_loader:GenericDataLoader",
        "beir.datasets.data_loader_hf:HFDataLoader",
        "beir.retrieval.evaluation:EvaluateRetrieval",
        "beir.retrieval.search.dense.exact_search:DenseRetrievalExactSearch",
        "beir.retrieval.search.dense.faiss_index:FaissIndex",
        "beir.retrieval.search.dense.faiss_search:DenseRetrievalFaissSearch",
    )


class TestIrDatasets(HostContract):
    name = "ir_datasets"
    patches = False  # a pattern is added inside its registry
    watched = ("ir_datasets",)


class TestIrMeasures(HostContract):
    name = "ir_measures"
    watched = ("ir_measures.measures", "ir_measures.providers", "ir_measures:DefaultPipeline")
