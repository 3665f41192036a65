"""Analysis by query: which questions a model answers worst, in which language, and where it prefers a language.

    python examples/query_analysis.py [RESULTS]

RESULTS is a folder that ``beir-hybrid evaluate --measures default,bias`` wrote, whose ``queries.parquet`` has a row per
setting and query and a column per measure. Without one, an untrained model is evaluated on the built-in sample, which
needs no download.
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd

from beir_hybrid import evaluate, load_dataset, load_pairs
from beir_hybrid.training import static_model

LANGUAGES = ["ar", "de", "en", "zh"]


def write_sample(folder: Path) -> None:
    model = static_model(load_pairs("sample", languages=LANGUAGES), dimensions=32)
    measures = ["map", "rank_distance", "same_language_share@10"]
    evaluate(model, load_dataset("sample", languages=LANGUAGES), measures=measures).save(folder)


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if sys.argv[1:] else temporary)
        if not sys.argv[1:]:
            write_sample(folder)
        queries = pd.read_parquet(folder / "queries.parquet")
    queries["language"] = queries["query"].str.partition(":")[0]
    share = next(name for name in queries if name.startswith("same_language_share"))

    print("Mean average precision by kind of setting and language of the query")
    print(queries.pivot_table(index="kind", columns="language", values="map").round(3).to_string())

    print("\nFive groups that are hardest in whatever language they are asked")
    mono = queries[queries["kind"] == "mono"]
    hardest = mono.groupby("group")["map"].agg(["mean", "min", "max"]).sort_values(["mean", "max"]).head(5)
    print(hardest.round(3).to_string())

    print("\nFive groups whose languages differ most")
    spread = mono.groupby("group")["map"].agg(lambda values: values.max() - values.min())
    print(spread.sort_values(ascending=False, kind="stable").head(5).round(3).to_string())

    print("\nFive queries whose answers lie farthest apart in a pool of all languages")
    pool = queries[queries["kind"] == "multi"]
    print(pool.nlargest(5, "rank_distance")[["query", "rank_distance", share, "map"]].round(3).to_string(index=False))


if __name__ == "__main__":
    main()
