"""HybridBatchTrainingArguments: the host's training arguments with those of planned batches."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

import torch
from sentence_transformers import SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.training_args import BatchSamplers
from transformers import HfArgumentParser

from beir_hybrid.batching.sampler import COLUMN_OPTIONS, ConfiguredSampler, HybridBatchSampler
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.errors import BeirHybridError, ConfigurationError
from beir_hybrid.training.batch_options import BatchOptions
from beir_hybrid.training.words import write_words

_OURS: Mapping[str, str] = {
    "output_dir": "Use --output DIR.",
    "batch_sampler": "Use --strategy NAME.",
    "greater_is_better": "The metric of --select-by has its direction.",
    "metric_for_best_model": "Use --select-by NAME.",
    "resume_from_checkpoint": "Use --resume.",
    "multi_dataset_batch_sampler": "Use --strategy NAME.",
    "prompts": "Use --query-prefix and --passage-prefix, and --query-prefix-in for single languages.",
}
"""Arguments of the host that options of a request set, and which those are."""

_LOWEST: Mapping[str, int] = {
    "seed": 0,
    "num_train_epochs": 0,
    "gradient_accumulation_steps": 1,
    "per_device_eval_batch_size": 1,
    "dataloader_num_workers": 0,
}
"""Least values of arguments that the host accepts unchecked and fails on later."""


@dataclass
class HybridBatchTrainingArguments(BatchOptions, SentenceTransformerTrainingArguments):
    """Training arguments with the options of planned batches as fields of their own.

    So command lines, YAML files, checkpoints and model cards show them. With any Trainer of the host they set
    ``batch_sampler``; :class:`~beir_hybrid.training.trainer.HybridBatchTrainer` makes full use of them.

    Raises:
        UnknownNameError: If there is no such strategy.
        ConfigurationError: If an option is out of range, or ``batch_sampler`` is set to something else.
    """

    def __post_init__(self) -> None:
        super().__post_init__()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        columns = {name: getattr(self, name) for name in COLUMN_OPTIONS}
        steps = self.max_steps * max(1, self.gradient_accumulation_steps)  # 0 is refused where it is used
        length = {"max_steps": steps} if self.max_steps > 0 else {"epochs": self.num_train_epochs}
        ours = HybridBatchSampler.configure(
            strategy=self.built_strategy(), sampling=self.sampling(), **length, **columns
        )
        if self.batch_sampler == BatchSamplers.BATCH_SAMPLER:  # the host's default: nothing was asked for
            self.batch_sampler = ours
        elif self._without_length(self.batch_sampler) == self._without_length(ours):
            self.batch_sampler = ours  # a copy's, whose length may have been changed
        else:
            raise ConfigurationError(
                f"batch_sampler is {self.batch_sampler!r}.",
                "Leave it out: strategy= decides about batches, and plain_batch_sampler= about those of data without "
                "languages; or use the host's own training arguments.",
            )

    @staticmethod
    def _without_length(sampler: object) -> object:
        if not isinstance(sampler, ConfiguredSampler):
            return sampler
        return {name: value for name, value in sampler.options.items() if name not in {"epochs", "max_steps"}}

    def batch_processes(self) -> int:
        """Count the processes that share a step's batches: with split_batches, accelerate cuts up each batch itself."""
        return 1 if getattr(self.accelerator_config, "split_batches", False) else self.world_size

    def held_sampling(self) -> Sampling:
        """Return how sources and languages share the batches, the kind held over accumulated gradients if asked for."""
        return self.sampling(self.gradient_accumulation_steps if self.hold_kind else 1)

    def length_in_epochs(self, batches: int) -> float:
        """Return the length of the training; each epoch ends with an optimizer step, if of fewer batches than others.

        Args:
            batches: Batches per epoch and process.
        """
        if self.max_steps <= 0:
            return float(self.num_train_epochs)
        accumulated = self.gradient_accumulation_steps
        whole, rest = divmod(self.max_steps, -(-batches // accumulated))
        return whole + rest * accumulated / batches


class _HostParser(HfArgumentParser):
    """The host's parser, which raises where argparse would print its usage and leave."""

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(f"Training arguments: {message.rstrip('.')}.", "See beir-hybrid train --help.")


def parse_arguments(
    given: Mapping[str, Any], output: Path, defaults: Mapping[str, Any], others: Collection[str] = ()
) -> HybridBatchTrainingArguments:
    """Check training arguments, sentence-transformers' and those of planned batches, with the host's own parser.

    Args:
        given: Values by name, which may be texts, as on a command line.
        output: Where the host writes checkpoints.
        defaults: Values for arguments that are not given.
        others: Further names that a message may suggest.

    Raises:
        ConfigurationError: If an argument is unknown or its value does not fit; the message names the closest one.
    """
    known = {field.name for field in fields(HybridBatchTrainingArguments)}
    for name in given:
        if name in _OURS:
            raise ConfigurationError(f"--{name} is decided by our own options.", _OURS[name])
        if name not in known:
            raise _unknown(f"--{name}", {*known, *others})
    parser = _HostParser([HybridBatchTrainingArguments], allow_abbrev=False)  # type: ignore[list-item]  # a dataclass it is
    # pinned memory speeds up copies to an accelerator; asked for without one, torch warns
    accelerated = torch.accelerator.is_available()
    # without use_cpu the host does not set up several processes where there is no accelerator
    parser.set_defaults(dataloader_pin_memory=accelerated, use_cpu=not accelerated, **defaults)
    try:
        parsed, rest = parser.parse_args_into_dataclasses(
            ["--output_dir", str(output), *write_words(given)], return_remaining_strings=True
        )
    except BeirHybridError:  # our own, which are ValueErrors too
        raise
    except (ValueError, TypeError, ImportError, OSError) as error:
        raise ConfigurationError(f"Training arguments: {' '.join(str(error).split())}", "Correct the value.") from error
    if rest:
        raise _unknown(rest[0], {*known, *others})
    arguments: HybridBatchTrainingArguments = parsed
    for name, lowest in _LOWEST.items():
        if not lowest <= (value := getattr(arguments, name)) < math.inf:
            raise ConfigurationError(f"--{name} is {value}.", f"Give a number from {lowest} on.")
    return arguments


def arguments_as_json(arguments: HybridBatchTrainingArguments) -> dict[str, Any]:
    """Return training arguments as plain JSON content."""
    content: dict[str, Any] = json.loads(arguments.to_json_string())  # type: ignore[no-untyped-call]  # of the host
    return content


def _unknown(word: str, known: set[str]) -> ConfigurationError:
    close = difflib.get_close_matches(word.lstrip("-"), known, n=1)
    fix = f"Did you mean --{close[0]}?" if close else "See beir-hybrid train --help."
    return ConfigurationError(f"Unknown training argument {word!r}.", fix)
