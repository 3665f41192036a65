"""What a training run is asked to do: our options, the host's arguments, and the file that holds both."""

from __future__ import annotations

import argparse
import difflib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from beir_hybrid.document import read_document
from beir_hybrid.errors import BeirHybridError, ConfigurationError, shorten

if TYPE_CHECKING:
    from beir_hybrid.training.arguments import HybridBatchTrainingArguments


HOST_DEFAULTS: Mapping[str, Any] = {
    "per_device_train_batch_size": 100,
    "learning_rate": 3e-5,
    "weight_decay": 0.01,
    "report_to": "none",
}
"""The paper's values (arXiv:2408.10536), where the host's own defaults are made for other tasks."""

STATIC_DEFAULTS: Mapping[str, Any] = {"learning_rate": 0.1, "num_train_epochs": 30, "weight_decay": 0.0}
"""For ``static`` models, whose vectors start from nothing and need larger steps."""


_OURS: Mapping[str, str] = {
    "output_dir": "Use --output DIR.",
    "batch_sampler": "Use --strategy NAME.",
    "greater_is_better": "The metric of --select-by has its direction.",
    "metric_for_best_model": "Use --select-by NAME.",
    "resume_from_checkpoint": "Use --resume.",
    "multi_dataset_batch_sampler": "Use --strategy NAME.",
    "prompts": "Use --query-prefix and --passage-prefix.",
}
"""Arguments of the host that our options set, and which those are."""


_LOWEST: Mapping[str, int] = {
    "seed": 0,
    "num_train_epochs": 0,
    "gradient_accumulation_steps": 1,
    "per_device_eval_batch_size": 1,
    "dataloader_num_workers": 0,
}
"""Least values of arguments that the host takes as they come and fails on later."""

_LISTS = frozenset({"source_weights", "language_pairs"})
"""Arguments that a command line gives with commas."""


@dataclass(frozen=True)
class TrainingOptions:
    """The options of a training run that are not the host's.

    Args:
        model: ``static``, ``static:DIM``, or a sentence-transformers or Hugging Face name or folder.
        train_data: Registered dataset, or a file of pairs; or several.
        output: Folder for the trained model.
        source: Folder with the dataset's files.
        languages: Languages to train on; None for all.
        passage_text: ``sentence`` or ``sentence+context`` where the dataset offers both; None for its default.
        strategy: What kind of batch comes next.
        alpha: Share of monolingual batches, for strategies that have one.
        scale: Factor on the cosine similarities in the loss, the inverse of a temperature; above 0.
        query_prefix: Put before every question in training, and stored as the model's query prompt.
        passage_prefix: Put before every passage in training, and stored as the model's document prompt.
        overwrite: Whether an earlier run in the output folder may be replaced.
        resume: Whether to go on with the run in the output folder, from its latest complete checkpoint.
        eval_data: Registered dataset, or a file of pairs, on which the best checkpoint is selected; None to keep the
            last model.
        eval_languages: Languages to evaluate on; None for English where a loss decides and the data have it, and for
            all otherwise.
        eval_split: Split to evaluate on, for datasets that have several; None for the dataset's default.
        select_by: ``loss``, the lowest validation loss, over questions and passages of one language each; or a metric
            of :class:`~beir_hybrid.evaluation.evaluator.MultilingualRetrievalEvaluator` such as ``multi_map``. None for
            ``loss``, the paper's way, where there are eval_data.

    Raises:
        ConfigurationError: If the scale is not above 0, or options exclude or need each other.
    """

    model: str
    train_data: str | tuple[str, ...]
    output: Path
    source: Path | None = None
    languages: tuple[str, ...] | None = None
    passage_text: str | None = None
    strategy: str = "hybrid"
    alpha: float | None = None
    scale: float = 20.0
    query_prefix: str = "Query: "
    passage_prefix: str = "Passage: "
    overwrite: bool = False
    resume: bool = False
    eval_data: str | None = None
    eval_languages: tuple[str, ...] | None = None
    eval_split: str | None = None
    select_by: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.scale < math.inf:
            raise ConfigurationError(f"The scale is {self.scale}.", "Give a number above 0; 20 is usual.")
        if self.overwrite and self.resume:
            raise ConfigurationError("Both overwrite and resume are asked for.", "Choose one.")
        if self.eval_data is not None:
            object.__setattr__(self, "select_by", self.select_by or "loss")  # so that files tell it
            return
        for name in ("select_by", "eval_languages", "eval_split"):
            if getattr(self, name) is not None:
                option = f"--{name.replace('_', '-')}"
                raise ConfigurationError(f"{option} is given without data to evaluate on.", "Add --eval-data NAME.")

    def to_dict(self) -> dict[str, Any]:
        """Give the options as plain JSON content."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}


def option_words(options: Mapping[str, Any]) -> list[str]:
    """Write options as words of ``beir-hybrid train``, defaults and what concerns the output left out.

    Args:
        options: Values by the name of a field of :class:`TrainingOptions`, as JSON has them.

    Examples:
        >>> option_words({"model": "static", "train_data": "sample", "languages": ["de", "en"], "strategy": "hybrid"})
        ['--model', 'static', '--train-data', 'sample', '--languages', 'de,en']
    """
    words: list[str] = []
    for field in fields(TrainingOptions):
        value = options.get(field.name)
        if value in (None, field.default) or field.name in {"output", "overwrite", "resume"}:
            continue
        values = value if isinstance(value, list | tuple) else [value]
        repeated = field.name == "train_data"  # its option is given once for each dataset
        for word in map(str, values) if repeated else [",".join(map(str, values))]:
            words += [f"--{field.name.replace('_', '-')}", word]
    return words


class _Parser(argparse.ArgumentParser):
    """Raises where argparse would print its usage and leave."""

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(f"Training arguments: {message.rstrip('.')}.", "See beir-hybrid train --help.")


def parse_host_arguments(
    arguments: Sequence[str], output: Path, defaults: Mapping[str, Any] = HOST_DEFAULTS
) -> HybridBatchTrainingArguments:
    """Parse training arguments, sentence-transformers' and those of planned batches, with the host's own parser.

    Args:
        arguments: Command-line words, such as ``["--learning_rate", "2e-5", "--bf16"]``.
        output: Where the host writes checkpoints.
        defaults: Values for arguments that are not given.

    Raises:
        ConfigurationError: If an argument is unknown or its value does not fit; the message names the closest one.
    """
    import torch
    from transformers import HfArgumentParser

    from beir_hybrid.training.arguments import HybridBatchTrainingArguments

    class HostParser(_Parser, HfArgumentParser):
        pass

    parser = HostParser([HybridBatchTrainingArguments], allow_abbrev=False)  # type: ignore[list-item]
    # pinned memory speeds up copies to an accelerator; asked for without one, torch warns
    accelerated = torch.accelerator.is_available()
    # without use_cpu the host does not set up several processes where there is no accelerator
    parser.set_defaults(dataloader_pin_memory=accelerated, use_cpu=not accelerated, **defaults)
    known = {field.name for owner in (HybridBatchTrainingArguments, TrainingOptions) for field in fields(owner)}
    for word in arguments:
        name = word.split("=")[0].lstrip("-").replace("-", "_")
        if word.startswith("--") and name in _OURS:
            raise ConfigurationError(f"--{name} is decided by our own options.", _OURS[name])
    try:
        parsed, rest = parser.parse_args_into_dataclasses(
            ["--output_dir", str(output), *arguments], return_remaining_strings=True
        )
    except BeirHybridError:  # our own, which are ValueErrors too
        raise
    except (ValueError, TypeError, ImportError, OSError) as error:
        raise ConfigurationError(f"Training arguments: {' '.join(str(error).split())}", "Correct the value.") from error
    if rest:
        close = difflib.get_close_matches(rest[0].lstrip("-").split("=")[0].replace("-", "_"), known, n=1)
        fix = f"Did you mean --{close[0]}?" if close else "See beir-hybrid train --help."
        raise ConfigurationError(f"Unknown training argument {rest[0]!r}.", fix)
    host: HybridBatchTrainingArguments = parsed
    for name, lowest in _LOWEST.items():
        if not lowest <= (value := getattr(host, name)) < math.inf:
            raise ConfigurationError(f"--{name} is {value}.", f"Give a number from {lowest} on.")
    return host


def read_config(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Read a YAML file of options and training arguments.

    Args:
        path: A mapping with the names of the command line, ``-`` or ``_`` alike.

    Returns:
        Our options by name, and the rest as command-line words for the host's parser.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If it cannot be read.
        ConfigurationError: If it is no YAML mapping, or gives an option twice.
    """
    document = read_document(path, "strategy: hybrid")
    ours = {field.name for field in fields(TrainingOptions)}
    options: dict[str, Any] = {}
    words: list[str] = []
    seen: set[str] = set()
    for key, value in document.content.items():
        name = key.replace("-", "_")
        if name in seen:
            raise ConfigurationError(f"{document.where(key)}: {name} is given twice.", "Give it once.")
        seen.add(name)
        if name in ours and any(
            isinstance(one, list | dict) for one in (value if isinstance(value, list) else [value])
        ):
            raise ConfigurationError(
                f"{document.where(key)}: {name} is {str(value)[:40]}.", "Write one value, or a list of values."
            )
        if name in {"overwrite", "resume"} and not isinstance(value, bool):
            raise ConfigurationError(f"{path}: {name} is {shorten(value)}.", "Write true or false.")
        if name in ours:
            if name == "train_data" and value is None:
                continue
            if name == "train_data":  # the one option that may be given several times
                options[name] = value if isinstance(value, list) else [value]
            else:
                options[name] = ",".join(map(str, value)) if isinstance(value, list) else value
        elif value is not None:
            several = value.split(",") if name in _LISTS and isinstance(value, str) else value
            words += [f"--{name}", *_words(several)]
    return options, words


def _words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return [json.dumps(value) if isinstance(value, dict) else str(value)]
