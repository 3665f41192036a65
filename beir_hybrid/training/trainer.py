"""HybridBatchTrainer: sentence-transformers' Trainer with planned batches, on one process or many, resumed or not."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from datasets import Dataset, DatasetDict

from beir_hybrid.batching.columns import hide
from beir_hybrid.batching.draws import DrawSummary, summarize
from beir_hybrid.batching.mixed_sampler import MixedBatchSampler, WholeBatches
from beir_hybrid.batching.sampler import COLUMN_OPTIONS, HybridBatchSampler, batches_in_order
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError, ModelError
from beir_hybrid.models import pads
from beir_hybrid.pairs.examples import ExampleTable
from beir_hybrid.storage.files import json_or_none, write_json
from beir_hybrid.storage.run_folder import BATCHES_FILE
from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.beside import build_mixed_plan, check_alone, check_losses, opened
from beir_hybrid.training.callbacks import BatchLog, FindBest, SetEpoch
from beir_hybrid.training.card import add_to_card
from beir_hybrid.training.checkpoints import check_checkpoint, check_same_batches, draws_by_length, latest_checkpoint
from beir_hybrid.training.kind_losses import KindLosses
from beir_hybrid.training.processes import gathered, together
from beir_hybrid.training.resumable import ResumableTrainer

logger = logging.getLogger(__name__)


class HybridBatchTrainer(ResumableTrainer):
    """Trains with planned batches; everything else is the host's.

    Over the plain Trainer with ``batch_sampler=HybridBatchSampler.configure(...)`` it knows the length of the training
    (for strategies that change), keeps the kind of batch over accumulated gradients if asked to, resumes in the right
    epoch on several processes, refuses to resume with other batches, and shows what was drawn: in the log, the model
    card, and ``batches.json`` beside the model.

    Args:
        args: :class:`~beir_hybrid.training.arguments.HybridBatchTrainingArguments`.
        shares: Shares of the batches up to a factor, by the name of each dataset of a dict, such as
            ``{"parallel": 3, "nli": 1}``; an epoch is then one pass over the planned ones on average. None for the
            host's ``multi_dataset_batch_sampler``: in proportion to size, or equally many of each.
        **kwargs: As for the host's Trainer. The train dataset is :class:`~beir_hybrid.ParallelPairs`,
            :func:`~beir_hybrid.pairs.examples.example_dataset` or one of your own, see
            :class:`~beir_hybrid.batching.sampler.HybridBatchSampler`; or a dict of them by name, in which datasets
            without languages are batched as the host does, by ``plain_batch_sampler`` of the arguments. Each step's
            batches are of one dataset.

    Attributes:
        batch_log: Counts the batches trained on, by epoch.
        kind_losses: The losses of each kind of batch since the last log, which has their means as ``loss_KIND``.
        card_details: Further lines of the model card's section on batches, by heading.
        evaluation_loss: The loss of evaluation data, where they lack what the loss of training needs, on the model's
            device; None for the same.
        plain_evaluation: Whether evaluation data are batched in order on purpose, not for want of languages.
    """

    args: HybridBatchTrainingArguments
    card_details: Mapping[str, str] = MappingProxyType({})
    evaluation_loss: torch.nn.Module | None = None
    plain_evaluation: bool = False

    def __init__(
        self,
        model: Any = None,
        args: HybridBatchTrainingArguments | None = None,
        *,
        shares: Mapping[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(args, HybridBatchTrainingArguments):
            raise ConfigurationError(
                f"args is {type(args).__name__}.", "Give HybridBatchTrainingArguments, or use the host's own Trainer."
            )
        self._sampler: HybridBatchSampler | MixedBatchSampler | None = None
        self._grouped = bool(args.group_by_length)  # until the model is known
        self._shares = shares
        self._loads_training = False  # a dataset may be evaluated on, too
        self._drawn: DrawSummary | None = None  # of the batches counted so far: each is drawn again only once
        self._counted: Counter[int] = Counter()
        self._logged = False  # how evaluation data are batched
        self._whole: Path | None = None  # the checkpoint that was found to be whole
        if kwargs.get("train_dataset") is not None:
            kwargs["train_dataset"] = opened(kwargs["train_dataset"], args.negatives)
            check_losses(kwargs["train_dataset"], kwargs.get("loss"))
        for data in (kwargs.get("train_dataset"), kwargs.get("eval_dataset")):
            for dataset in data.values() if isinstance(data, dict) else [data]:
                if isinstance(dataset, Dataset):  # before the model card is begun, which shows what is trained on
                    hide(dataset, args.columns())
        super().__init__(model=model, args=args, **kwargs)
        if args.group_by_length is None:
            self._grouped = pads(self.model)
        # the sampler is built now, so that what cannot be drawn is refused before training starts
        self.batch_log = BatchLog(len(self.sampler.plan) if self.sampler is not None else 0)
        self.kind_losses = KindLosses(() if self.sampler is None else self.sampler.plan.kind_names)
        self._pending: dict[str, Any] = {}  # losses since the last log, as a checkpoint has them
        self.add_callback(self.batch_log)
        self.add_callback(SetEpoch())
        self.add_callback(FindBest())

    @property
    def sampler(self) -> HybridBatchSampler | MixedBatchSampler | None:
        """The sampler of the train dataset; None if there is no train dataset."""
        if self._sampler is None and self.train_dataset is not None:
            data = self.train_dataset
            if not isinstance(data, DatasetDict):
                check_alone(self.args, self._shares)
            self._sampler = self._mix(data) if isinstance(data, DatasetDict) else self._build_sampler(data)
            plan, arguments = self._sampler.plan, self.args
            self._sampler.plan = plan.lasting(arguments.length_in_epochs(len(plan)))
        return self._sampler

    def get_train_dataloader(self) -> Any:
        """Load the train dataset; see the host's Trainer."""
        self._loads_training = True
        try:
            return super().get_train_dataloader()
        finally:
            self._loads_training = False

    def get_multi_dataset_batch_sampler(
        self, dataset: Any, batch_samplers: list[Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Plan which dataset's batch each step has, where they are trained on."""
        if self._loads_training:
            dataset.__getitems__ = WholeBatches(dataset)  # torch looks for this method
            return self.sampler
        return super().get_multi_dataset_batch_sampler(dataset, batch_samplers, *args, **kwargs)

    def get_batch_sampler(self, dataset: Dataset, batch_size: int, drop_last: bool, *args: Any, **kwargs: Any) -> Any:
        """Plan the batches of the train dataset; leave those of others to the host where they have no languages."""
        if dataset is self.train_dataset or self._loads_training:
            return self.sampler
        if self.plain_evaluation:
            return batches_in_order(dataset, batch_size, drop_last, self.args.columns())
        try:
            planned = super().get_batch_sampler(dataset, batch_size, drop_last, *args, **kwargs)
            self._log_once("The evaluation dataset is batched by plan: each question counts once on average.")
            return planned
        except (BatchError, DataFormatError) as error:
            self._log_once(f"Evaluation data are batched in order, without planning: {error.problem}")
            return batches_in_order(dataset, batch_size, drop_last, self.args.columns())

    def _log_once(self, message: str) -> None:
        if not self._logged:
            self._logged = True
            logger.warning("%s", message)

    def compute_loss(self, model: Any, *args: Any, **kwargs: Any) -> Any:
        """Compute the loss of a batch; see the host's Trainer."""
        if model.training:
            loss = super().compute_loss(model, *args, **kwargs)
            if self.sampler is not None:
                kind = self.sampler.plan.kind_name(*self.batch_log.place)
                self.kind_losses.add(kind, loss[0] if isinstance(loss, tuple) else loss)
            return loss
        if self.evaluation_loss is None:
            return super().compute_loss(model, *args, **kwargs)
        training: Any = self.loss
        self.loss = self.evaluation_loss  # type: ignore[assignment]  # the host takes a module as well
        try:
            return super().compute_loss(model, *args, **kwargs)
        finally:
            self.loss = training

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Log, with the mean loss of each kind of batch since the last log; see the host's Trainer."""
        means = self.kind_losses.means() if "loss" in logs else {}
        super().log({**logs, **means}, *args, **kwargs)

    def add_dataset_name_column(self, dataset: Any, dataset_name: str | None = None) -> Any:
        """Add the name of a dataset of a dict to its rows, as the host does, and keep hidden columns hidden.

        The host's own shows all columns, and then encodes them.
        """
        if not isinstance(dataset, Dataset):
            return super().add_dataset_name_column(dataset, dataset_name)
        before = dataset.format
        super().add_dataset_name_column(dataset, dataset_name)
        if not before["output_all_columns"]:
            dataset.set_format(dataset.format["type"], columns=before["columns"], **dataset.format["format_kwargs"])
        return dataset

    def train(self, resume_from_checkpoint: str | bool | None = None, *args: Any, **kwargs: Any) -> Any:
        """Train, or resume from a checkpoint; see the host's Trainer.

        Args:
            resume_from_checkpoint: A checkpoint's folder, or True for the latest whole one in the output folder.
            *args: As for the host's Trainer.
            **kwargs: As for the host's Trainer.

        Raises:
            ConfigurationError: If the checkpoint was written with other batches and ``force_resume`` is off, or there
                is none.
            MissingDataError: If there is no such folder.
            DataFormatError: If the checkpoint is damaged, or lacks what an exact resume needs and
                ``force_resume`` is off.
        """
        losses: dict[str, Any] = {}
        if resume_from_checkpoint:
            asked = None if isinstance(resume_from_checkpoint, bool) else Path(resume_from_checkpoint)
            if asked is None and (asked := self.latest_checkpoint()) is None:
                raise ConfigurationError(
                    f"{self.args.output_dir} holds no complete checkpoint.", "Leave out resume_from_checkpoint."
                )
            if asked != self._whole:
                check_checkpoint(asked, exact=not self.args.force_resume)
            self._keep_grouping(asked)
            if self.sampler is not None and not self.args.force_resume:
                check_same_batches(asked, self.identity())
            if self.is_world_process_zero():
                losses = (json_or_none(asked / BATCHES_FILE) or {}).get("losses", {})
            resume_from_checkpoint = str(asked)
        self.kind_losses.restore(losses)
        return super().train(resume_from_checkpoint, *args, **kwargs)

    def _keep_grouping(self, checkpoint: Path) -> None:
        """Group batches by length as the run began, unless the arguments say whether to."""
        grouped = draws_by_length(checkpoint)
        if self.args.group_by_length is None and grouped is not None and grouped != self._grouped:
            self._grouped, self._sampler = grouped, None

    def latest_checkpoint(self) -> Path | None:
        """Return the latest whole checkpoint in the output folder, of those that all nodes have.

        Returns:
            Its folder, or None if none was saved completely.

        Raises:
            DataFormatError: If some were saved completely, and each of them is damaged by now.
        """
        folder, exact = Path(str(self.args.output_dir)), not self.args.force_resume
        latest = together(lambda: latest_checkpoint(folder, exact, self.is_world_process_zero()))
        self._whole = together(lambda: self._common(latest))
        return self._whole

    def _common(self, latest: Path | None) -> Path | None:
        """Return the latest checkpoint that all nodes have: some may have been killed before they saved theirs."""
        names = set(gathered(None if latest is None else latest.name))
        if latest is None or None in names:
            return None
        if len(names) == 1:
            return latest
        first = latest.with_name(min(names, key=lambda name: int(name.rpartition("-")[2])))
        check_checkpoint(first, exact=not self.args.force_resume)
        return first

    def drawn(self) -> DrawSummary:
        """Count what was trained on so far."""
        if self.sampler is None:
            raise ConfigurationError("There is no train dataset.", "Give train_dataset=.")
        if self.batch_log.batches < self._counted:  # a training that began anew
            self._drawn, self._counted = None, Counter()
        new = {epoch: range(self._counted[epoch], count) for epoch, count in self.batch_log.batches.items()}
        self._drawn = summarize(self.sampler.plan, new, self._drawn)
        self._counted = Counter(self.batch_log.batches)
        return self._drawn

    def identity(self) -> dict[str, Any]:
        """Return what the training's batches follow from, as plain JSON content: the plan's identity, and the texts."""
        if self.sampler is None:
            raise ConfigurationError("There is no train dataset.", "Give train_dataset=.")
        data: Any = self.train_dataset
        tables = [each.data for each in (data.values() if isinstance(data, DatasetDict) else [data])]
        virtual = [table for table in tables if isinstance(table, ExampleTable)]
        texts = [[pairs.name, pairs.checksum] for table in virtual for pairs in table.sources]
        return {**self.sampler.plan.identity(), "texts": texts}

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        super()._save(output_dir, state_dict)
        if self.args.should_save and self.sampler is not None:
            folder = Path(str(output_dir or self.args.output_dir))
            drawn = self.drawn()
            pending = {"losses": self._pending} if self._pending else {}
            content = {"schema": 1, "plan": self.identity(), "drawn": drawn.to_dict(), **pending}
            write_json(folder / BATCHES_FILE, content)
            add_to_card(folder / "README.md", drawn, self.card_details)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save a checkpoint, with the losses that a resumed run's next log is to count."""
        self._pending = self.kind_losses.sums()
        super()._save_checkpoint(model, trial)
        self._pending = {}

    def _load_best_model(self) -> None:
        """Load the best checkpoint, and describe it alone in the model card.

        Where the host only logs that it cannot be loaded, the last model would pass for the best; and its card would
        show the last model's metrics.
        """
        checkpoint = str(self.state.best_model_checkpoint)
        step = int(checkpoint.rpartition("-")[2])
        try:
            self._load_from_checkpoint(checkpoint)
        except Exception as error:  # whatever a module's loading raises
            raise ModelError(
                f"The best checkpoint {checkpoint} cannot be loaded ({type(error).__name__}).",
                "Check that folder, and resume.",
            ) from error
        card = self.model.model_card_data
        card.set_best_model_step(step)
        logged = {
            name: value for row in self.state.log_history if row.get("step") == step for name, value in row.items()
        }
        for metrics in (card.eval_results_dict or {}).values():
            for name in metrics:
                metrics[name] = logged.get(name if name.startswith("eval_") else f"eval_{name}", metrics[name])

    def _build_sampler(self, dataset: Dataset) -> HybridBatchSampler:
        arguments = self.args
        sampler: HybridBatchSampler = HybridBatchSampler(
            dataset,
            arguments.train_batch_size,
            valid_label_columns=self.data_collator.valid_label_columns,
            seed=arguments.seed,
            strategy=arguments.built_strategy(),
            sampling=replace(arguments.held_sampling(), group_by_length=self._grouped),
            world_size=arguments.batch_processes(),
            epochs=arguments.num_train_epochs,
            **{name: getattr(arguments, name) for name in COLUMN_OPTIONS},
        )
        return sampler

    def _mix(self, data: DatasetDict) -> MixedBatchSampler:
        labels = self.data_collator.valid_label_columns
        plan = build_mixed_plan(data, self.args, self._shares, lambda each: self._build_sampler(each).plan, labels)
        return MixedBatchSampler(data, plan)
