"""A training run of test_processes.py: writes the groups that each process trained on, and may kill itself."""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from datasets import Dataset
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss, MultipleNegativesRankingLoss
from transformers import TrainerCallback, set_seed

from beir_hybrid.datasets import load_pairs
from beir_hybrid.pairs.examples import example_dataset
from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.losses.build import build_loss
from beir_hybrid.training.processes import leave_processes
from beir_hybrid.training.trainer import HybridBatchTrainer


class Recorder(HybridBatchTrainer):
    """Writes the labels of each batch, which are its groups, when its loss is computed."""

    path: Path

    def compute_loss(self, model, inputs, *args, **kwargs):
        row = {"step": self.state.global_step, "groups": inputs["label"].tolist()}
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        return super().compute_loss(model, inputs, *args, **kwargs)


class Kill(TrainerCallback):
    """Dies as from kill -9 at the beginning of a step."""

    def __init__(self, step):
        self.step = step

    def on_step_begin(self, args, state, control, **kwargs):
        if state.global_step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


def main():
    folder, name, *words = sys.argv[1:]
    options = dict(word.split("=") for word in words)
    torch.set_num_threads(1)
    pairs = load_pairs("sample", languages=["de", "en", "es"])
    set_seed(7)
    model = static_model(pairs, 8)
    args = HybridBatchTrainingArguments(
        output_dir=folder,
        num_train_epochs=3,
        per_device_train_batch_size=16,
        learning_rate=0.05,
        save_steps=5,
        seed=7,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        use_cpu=True,
        hold_kind=options.get("hold") == "1",
        gradient_accumulation_steps=int(options.get("accumulate", 1)),
        accelerator_config={"split_batches": options.get("split") == "1"},
    )
    data = example_dataset([pairs], label=True)
    shares = None
    if "beside" in options:  # labels from 10,000 on are of data without languages
        rows = {"first": [f"first {n}" for n in range(200)], "second": [f"second {n}" for n in range(200)]}
        data = {"parallel": data, "plain": Dataset.from_dict({**rows, "label": [10_000.0 + n for n in range(200)]})}
        shares = {"parallel": 2, "plain": 1}
    loss = MultipleNegativesRankingLoss(model)
    if "gather" in options:
        loss = build_loss("mnrl", gather=True).build(model)
        similarity, path = loss.similarity_fct, Path(folder) / f"{name}-{args.process_index}.passages"

        def counted(questions, passages):
            with path.open("a") as file:
                file.write(f"{len(passages)}\n")
            return similarity(questions, passages)

        loss.similarity_fct = counted
    trainer = Recorder(
        model=model,
        args=args,
        train_dataset=data,
        loss={"parallel": loss, "plain": CosineSimilarityLoss(model)} if shares else loss,
        shares=shares,
    )
    trainer.path = Path(folder) / f"{name}-{args.process_index}.jsonl"
    if "kill" in options:
        trainer.add_callback(Kill(int(options["kill"])))
    trainer.train(resume_from_checkpoint=True if options.get("resume") == "1" else None)
    if args.process_index == 0:
        torch.save(model.state_dict(), Path(folder) / f"{name}.pt")
    leave_processes()


if __name__ == "__main__":
    main()
