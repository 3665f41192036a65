"""A training with an evaluator for test_evaluator.py, on one process or several.

Each process writes the metrics that it logged and the texts that it encoded for the first evaluation.
"""

import json
import sys
from pathlib import Path

import torch
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from transformers import set_seed

from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.evaluation.evaluator import MultilingualRetrievalEvaluator
from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.trainer import HybridBatchTrainer


def main():
    folder, languages, broken = Path(sys.argv[1]), ["de", "en"], "broken" in sys.argv
    torch.set_num_threads(1)
    set_seed(7)
    pairs = load_pairs("sample", languages=languages)
    model = static_model(pairs, 8)
    if broken:
        with torch.no_grad():
            model[0].embedding.weight.fill_(float("nan"))
    args = HybridBatchTrainingArguments(
        output_dir=str(folder / "checkpoints"),
        max_steps=4,
        per_device_train_batch_size=16,
        learning_rate=0.05,
        eval_strategy="steps",
        eval_steps=2,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        use_cpu=True,
    )
    trainer = HybridBatchTrainer(
        model=model,
        args=args,
        train_dataset=pairs.dataset(),
        loss=MultipleNegativesRankingLoss(model),
        evaluator=MultilingualRetrievalEvaluator(load_dataset("sample", languages=languages), batch_size=8),
    )
    encoded = []
    inference = model._inference

    def recorded(inputs, **options):
        if trainer.state.global_step == 2:
            encoded.extend((options["prompt"], text) for text in inputs)
        return inference(inputs, **options)

    model._inference = recorded
    trainer.train()
    logged = [row for row in trainer.state.log_history if "eval_multi_map" in row]
    told = {"logged": logged, "encoded": encoded, "training": model.training}
    (folder / f"{args.process_index}.json").write_text(json.dumps(told))
    if args.process_index == 0:
        model.save(str(folder / "model"))


if __name__ == "__main__":
    main()
