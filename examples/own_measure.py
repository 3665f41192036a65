"""A measure of one's own, in evaluation, in its files and beside all others.

    python examples/own_measure.py

It needs no download. What is registered by a call is known in this process alone; an entry point in the group
``beir_hybrid.measures`` of an installed package makes it known to every command, as in ``plugins/example``.
"""

from dataclasses import dataclass

from beir_hybrid import Floats, evaluate, load_dataset, load_pairs
from beir_hybrid.evaluation import Rankings
from beir_hybrid.evaluation.measures import Printed, StandardMeasure
from beir_hybrid.registry import MEASURES
from beir_hybrid.training import static_model


@dataclass(frozen=True)
class AllFound(StandardMeasure):
    """Whether all relevant passages of a query are among the first k, whatever their language: 1 or 0.

    Args:
        cutoff: Depth k; None for the full ranking, which has all of them.
    """

    cutoff: int | None = None
    base_name = "all_found"
    printed = Printed("All found", factor=100, brief_decimals=1)

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query."""
        below = rankings.rank > self.cutoff if self.cutoff is not None else rankings.rank < 1
        return (rankings.sum_by_query(below.astype(float)) == 0).astype(float)


def main() -> None:
    MEASURES.register("all_found", AllFound, replace=True)
    languages = ["de", "en", "es"]
    model = static_model(load_pairs("sample", languages=languages), dimensions=64)  # untrained
    measures = ["recall@20", "all_found@20", "all_found@100"]
    results = evaluate(model, load_dataset("sample", languages=languages), measures=measures)
    for kind, values in results.scores.items():
        print(f"{kind:<6}", "  ".join(f"{name} {values[name]:.4f}" for name in measures))


if __name__ == "__main__":
    main()
