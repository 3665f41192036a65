"""Training and test data of one's own: which batches they give, and what a model learns from them.

    python examples/own_data.py [FILE.jsonl]

A line is a question with its passage, and translations of one question share a group:

    {"group": "17", "language": "en", "question": "Where is it?", "passage": "It is in Cluj."}
    {"group": "17", "language": "ro", "question": "Unde este?", "passage": "Este la Cluj."}

Every fifth group is kept for the test. Without a file, lines are made up, so that it needs no download.
"""

import json
import sys
import tempfile
from itertools import product
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from beir_hybrid import (
    BatchPlan,
    HybridBatchTrainer,
    HybridBatchTrainingArguments,
    MultilingualCollection,
    ParallelPairs,
    Passage,
    evaluate,
    load_pairs,
)
from beir_hybrid.batching import build_strategy
from beir_hybrid.training import static_model

TOWNS = ("Brașov", "Cluj", "Graz", "Linz", "Leeds", "York", "Iași", "Bonn", "Bath", "Arad")
PLACES = {
    "de": ("Bahnhof", "Markt", "Museum", "Garten", "Hafen", "Turm", "Dom", "Zoo"),
    "en": ("station", "market", "museum", "garden", "harbour", "tower", "cathedral", "zoo"),
    "ro": ("gara", "piața", "muzeul", "grădina", "portul", "turnul", "catedrala", "zoo"),
}
TEXTS = {
    "de": ("Wo ist in {} der {}?", "Der {1} von {0} liegt am Fluss."),
    "en": ("Where in {} is the {}?", "The {1} of {0} is by the river."),
    "ro": ("Unde este în {} {}?", "În {0}, {1} este lângă râu."),
}


def made_up() -> list[dict[str, str]]:
    return [
        {
            "group": f"{town}-{place}",
            "language": code,
            "question": ask.format(town, name),
            "passage": tell.format(town, name),
        }
        for town, place in product(TOWNS, range(8))
        for code, (ask, tell) in TEXTS.items()
        for name in [PLACES[code][place]]
    ]


def test_data(rows: list[dict[str, str]]) -> MultilingualCollection:
    """Queries, passages and relevance by language; ids begin with their language, so that they differ in any pool."""
    languages = sorted({row["language"] for row in rows})
    ids = {group: [f"{row['language']}:{group}" for row in rows if row["group"] == group] for group in groups(rows)}
    of = {code: [row for row in rows if row["language"] == code] for code in languages}
    return MultilingualCollection(
        name="mine",
        corpora={code: {f"{code}:{row['group']}": Passage(row["passage"]) for row in of[code]} for code in languages},
        queries={code: {f"{code}:{row['group']}": row["question"] for row in of[code]} for code in languages},
        qrels={query: dict.fromkeys(same, 1) for same in ids.values() for query in same},
        group_of={query: group for group, same in ids.items() for query in same},
    )


def groups(rows: list[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(row["group"] for row in rows))


def train(pairs: ParallelPairs, strategy: str, folder: str) -> SentenceTransformer:
    torch.manual_seed(0)
    model = static_model(pairs, dimensions=32)
    args = HybridBatchTrainingArguments(
        folder,
        strategy=strategy,
        max_steps=60,
        per_device_train_batch_size=16,
        learning_rate=0.1,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    loss = MultipleNegativesRankingLoss(model)
    HybridBatchTrainer(model=model, args=args, train_dataset=pairs.dataset(), loss=loss).train()
    return model


def main() -> None:
    rows = made_up()
    if sys.argv[1:]:
        rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    kept = set(groups(rows)[::5])
    collection = test_data([row for row in rows if row["group"] in kept])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.jsonl"
        learned = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows if row["group"] not in kept]
        path.write_text("".join(learned), encoding="utf-8")
        pairs = load_pairs(path)
        print(f"{len(pairs)} questions to learn from, in {', '.join(pairs.languages)}; {len(kept)} groups for the test")
        plan = BatchPlan(pairs.index, build_strategy("hybrid"), batch_size=16)
        for step in range(3):
            batch = plan.batch(0, step)
            print(f"batch {step}: {batch.kind.name}, {len(set(batch.groups.tolist()))} different groups")
        for strategy in ("x-x-mono", "hybrid"):
            scores = evaluate(train(pairs, strategy, folder), collection, measures=["map"], intervals=False).scores
            print(f"{strategy:<9}", "  ".join(f"{kind} {values['map']:.4f}" for kind, values in scores.items()))


if __name__ == "__main__":
    main()
