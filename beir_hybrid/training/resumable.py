"""ResumableTrainer: the host's Trainer, with checkpoints that record whether they are whole."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformerTrainer
from transformers.trainer_utils import rotate_checkpoints

from beir_hybrid.training.checkpoints import record_checkpoint
from beir_hybrid.training.loss_state import load_loss, save_loss

TRAINED_FILE = "trained.safetensors"
"""In checkpoints of a model with adapters: all weights that are trained, by their names in the model."""


class ResumableTrainer(SentenceTransformerTrainer):
    """The host's Trainer, whose checkpoints record what their files hold, and which takes no step too many.

    It can be killed at any moment: an older checkpoint is deleted only when all of the new one is written, by each
    process.
    """

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        """Stop where no step is left: from the last checkpoint, of a run killed thereafter, the host would take one."""
        if self.state.global_step >= self.state.max_steps:
            self.control.should_training_stop = True
        else:
            super()._run_epoch(*args, **kwargs)  # type: ignore[no-untyped-call]  # transformers leaves it untyped

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """Save on one process: transformers 5 calls this on all, and the method of the host does not look which."""
        if self.args.should_save:
            super()._save(output_dir, state_dict)
            if getattr(self.model.transformers_model, "peft_config", None):
                trained = {name: each.detach() for name, each in self.model.named_parameters() if each.requires_grad}
                save_file(trained, Path(str(output_dir or self.args.output_dir)) / TRAINED_FILE)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """Load what was trained, and what the loss had learnt.

        The host would load a model with adapters anew, from wherever its base model was.
        """
        trained = Path(resume_from_checkpoint) / TRAINED_FILE
        if trained.is_file():
            self.model.load_state_dict(load_file(trained), strict=False)
        else:
            super()._load_from_checkpoint(resume_from_checkpoint)
        load_loss(self.loss, Path(resume_from_checkpoint))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save a checkpoint, and record last what its files hold."""
        folder = Path(self._get_output_dir(trial=trial)) / f"checkpoint-{self.state.global_step}"
        if self.args.should_save:  # a run that was killed while saving may have left files that this one has not
            shutil.rmtree(folder, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        limit, self.args.save_total_limit = self.args.save_total_limit, None
        try:
            super()._save_checkpoint(model, trial)
        finally:
            self.args.save_total_limit = limit
        if self.args.should_save:
            save_loss(self.loss, folder)
            record_checkpoint(folder)
        self.accelerator.wait_for_everyone()  # where each node has its own, all have this one before an older one goes
        if self.args.should_save:
            best = self.state.best_model_checkpoint
            rotate_checkpoints(str(folder.parent), save_total_limit=limit, best_model_checkpoint=best, use_mtime=True)

    def _save_rng_state(self, output_dir: str) -> None:
        """Wait for the other processes' states: the first one then completes the checkpoint and deletes older ones."""
        super()._save_rng_state(output_dir)
        self.accelerator.wait_for_everyone()
