"""Measures of language bias by name, in BEIR's ``evaluate_custom``.

    python examples/custom_metrics.py

It needs no download. ``activate`` is what ``beir-hybrid run`` does for scripts that are not to be changed.
"""

from beir.retrieval.evaluation import EvaluateRetrieval

from beir_hybrid import load_dataset, load_pairs
from beir_hybrid.hosts.beir import BeirExactSearch, activate
from beir_hybrid.training import static_model

METRICS = ("mrr", "rank_distance", "same_language_share", "language_share", "ndkl", "mrc", "peer", "one_target_map")


def main() -> None:
    activate()
    languages = ["ar", "de", "en"]
    model = static_model(load_pairs("sample", languages=languages), dimensions=64)  # untrained
    corpus, queries, qrels = load_dataset("sample", languages=languages).beir()

    retriever = EvaluateRetrieval(BeirExactSearch(model), k_values=[10, 100], score_function="cos_sim")
    results = retriever.retrieve(corpus, queries)
    for metric in METRICS:
        values = retriever.evaluate_custom(qrels, results, retriever.k_values, metric=metric)
        print("  ".join(f"{name} {value:.4f}" for name, value in values.items()))


if __name__ == "__main__":
    main()
