"""``beir-hybrid train``."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import FrameType
from typing import Any

import click
from click.core import ParameterSource

from beir_hybrid.cli.parameters import (
    NAMES,
    SectionedCommand,
    batch_options,
    both_spellings,
    languages_option,
    passage_text_option,
    sampling_words,
    source_option,
)

_WORDS = f"{__name__}.words"


def _read_config(ctx: click.Context, param: click.Parameter, value: Path | None) -> list[str]:
    """Make a config file's options the defaults of ours, and keep the host's words."""
    if value is None:
        return []
    from beir_hybrid.training.options import read_config

    options, words = read_config(value)
    ctx.default_map = {**(ctx.default_map or {}), **options}
    return words


_SECTIONS = {
    "Model and output": ("model", "output", "overwrite", "resume", "config"),
    "Training data": ("train_data", "source", "languages", "passage_text"),
    "Batches": (
        "strategy",
        "alpha",
        "source_weights",
        "source_temperature",
        "language_shares",
        "language_pairs",
        "too_small",
    ),
    "Loss and prompts": ("scale", "query_prefix", "passage_prefix"),
    "Validation": ("eval_data", "eval_languages", "eval_split", "select_by"),
}


class _Train(SectionedCommand):
    """Remembers its words, for the command that resumes."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = list(args)
        return super().parse_args(ctx, args)


@click.command(
    cls=_Train,
    sections=_SECTIONS,
    context_settings={"ignore_unknown_options": True},
    epilog="Every argument of sentence-transformers' SentenceTransformerTrainingArguments may follow, such as "
    "--num_train_epochs 3 --learning_rate 2e-5 --per_device_train_batch_size 64 --bf16; and --negatives N (hard "
    "negatives of each example), --hold_kind True (one kind of batch for accumulated gradients) and "
    "--force_resume True.",
)
@click.option(
    "--config", type=click.Path(path_type=Path), is_eager=True, callback=_read_config, help="YAML file of all options."
)
@click.option(
    "--model",
    required=True,
    help="static, static:DIM (untrained static embeddings), or a sentence-transformers or Hugging Face name or folder.",
)
@click.option(
    *both_spellings("--train-data"),
    required=True,
    multiple=True,
    help="Dataset, such as mlqa-r or sample, or a .jsonl or .arrow file of pairs; may be given several times.",
)
@source_option
@languages_option
@passage_text_option
@batch_options
@click.option("--scale", type=float, default=20.0, show_default=True, help="Factor on cosine similarities in the loss.")
@click.option(
    *both_spellings("--query-prefix"), default="Query: ", show_default=True, help="Put before every question."
)
@click.option(
    *both_spellings("--passage-prefix"), default="Passage: ", show_default=True, help="Put before every passage."
)
@click.option(
    *both_spellings("--eval-data"),
    help="Dataset, or a .jsonl or .arrow file of pairs, on which the best checkpoint is selected [default: the last "
    "model is kept].",
)
@click.option(
    *both_spellings("--eval-languages"),
    type=NAMES,
    help="Languages to evaluate on [default: en for the loss, all for other metrics].",
)
@click.option(*both_spellings("--eval-split"), help="Split to evaluate on, for datasets that have several.")
@click.option(
    *both_spellings("--select-by"),
    metavar="[loss|METRIC]",
    help="Keep the checkpoint with the lowest validation loss, or the best multi_map, mono_ndcg@10 and so on, after "
    "each epoch or as --eval_steps asks for [default: loss].",
)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder for the trained model.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier run in the output folder.")
@click.option(
    "--resume",
    is_flag=True,
    help="Resume the run in the output folder from its latest whole checkpoint; start it if there is none.",
)
@click.argument("host_arguments", nargs=-1, type=click.UNPROCESSED, metavar="[TRAINING ARGUMENTS]...")
@click.pass_context
def train(ctx: click.Context, /, config: list[str], host_arguments: tuple[str, ...], **options: Any) -> None:
    """Fine-tune an encoder with planned batches."""
    from beir_hybrid.reports.plans import examples_map
    from beir_hybrid.reports.render.terminal import console, show
    from beir_hybrid.training.options import TrainingOptions
    from beir_hybrid.training.processes import leave_processes
    from beir_hybrid.training.train import RunFinishedError
    from beir_hybrid.training.train import train as run

    ours = {field.name for field in fields(TrainingOptions)}
    for name, other in (("overwrite", "resume"), ("resume", "overwrite")):  # a flag goes before the file's value
        if options[name] and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            options[other] = options[other] and ctx.get_parameter_source(other) is ParameterSource.COMMANDLINE
    asked = TrainingOptions(**{name: value for name, value in options.items() if name in ours})
    words = sampling_words({name: value for name, value in options.items() if name not in ours})
    try:
        with _interruptible(ctx):
            trained = run(asked, [*config, *words, *host_arguments])
    except RunFinishedError as finished:  # a script that is started again goes on with what follows the training
        if int(os.environ.get("RANK", "0")) == 0:
            console().print(str(finished), highlight=False, markup=False)
        return
    leave_processes()
    if int(os.environ.get("RANK", "0")) != 0:  # the first of several processes tells
        return
    show(examples_map(trained.drawn))
    console().print(
        f"Trained {trained.steps} steps in {trained.seconds:.1f} s. The model is in {trained.folder}.", highlight=False
    )
    if trained.selected is not None:
        best = trained.selected
        console().print(f"It is that of step {best.step}, with the best {best.by}: {best.value:.4f}.", highlight=False)


@contextmanager
def _interruptible(ctx: click.Context) -> Iterator[None]:
    """Answer Ctrl-C, and a cluster's signal to end, with the command that goes on, and the exit code of that signal."""
    ended: list[int] = [signal.SIGINT]

    def end(number: int, frame: FrameType | None) -> None:
        ended[0] = number
        raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()  # no other may set what a signal does
    before = signal.signal(signal.SIGTERM, end) if main else None
    try:
        yield
    except KeyboardInterrupt as interruption:
        if int(os.environ.get("RANK", "0")) == 0:
            problem = getattr(interruption, "problem", "Interrupted before the training began.")
            started = getattr(interruption, "started", False)
            if started:  # a progress bar may stand there
                click.echo(err=True)
            launched = ", launched as before" if int(os.environ.get("WORLD_SIZE", "1")) > 1 else ""
            click.echo(f"{problem} Run{launched}: {_again(ctx, started)}", err=True)
        ctx.exit(128 + ended[0])
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)


def _again(ctx: click.Context, resume: bool) -> str:
    """Write the command that goes on."""
    words = [word for word in ctx.meta[_WORDS] if not (resume and word in {"--overwrite", "--resume"})]
    return shlex.join([*ctx.command_path.split(), *words, *(["--resume"] if resume else [])])
