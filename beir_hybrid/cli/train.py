"""``beir-hybrid train``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from beir_hybrid.cli.parameters import SectionedCommand, declared_options
from beir_hybrid.errors import BeirHybridError
from beir_hybrid.training.batch_options import SAMPLING
from beir_hybrid.training.config import TrainingConfig, read_config, refuse_options
from beir_hybrid.training.loss_options import LOSS_OPTIONS
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.words import read_words

if TYPE_CHECKING:
    from beir_hybrid.training.train import TrainedModel

_WORDS = f"{__name__}.words"
_SECTIONS = {
    "Model and output": ("model", "output", "overwrite", "resume", "config"),
    "Training data": (
        *("train_data", "source", "languages", "columns", "format", "passage_text", "transform"),
        *("extra_data", "check_against"),
    ),
    "Changes to the model": ("lora", "query_length", "passage_length", "max_seq_length", "pooling", "attention"),
    "Batches": ("strategy", "alpha", *SAMPLING),
    "Loss and prompts": (*LOSS_OPTIONS, "query_prefix", "passage_prefix", "query_prefix_in", "passage_prefix_in"),
    "Validation": ("eval_data", "eval_languages", "eval_split", "select_by"),
}


def _read_config(ctx: click.Context, param: click.Parameter, value: Path | None) -> TrainingConfig:
    """Make a config file's options the defaults of the command's."""
    if value is None:
        return TrainingConfig({}, {})
    config = read_config(value)
    options = config.required()
    if {"--overwrite", "--resume"} & set(ctx.meta[_WORDS]):  # a flag overrides the file's choice between the two
        options = {name: given for name, given in options.items() if name not in {"overwrite", "resume"}}
    ctx.default_map = {**(ctx.default_map or {}), **options}
    return config


class _Train(SectionedCommand):
    """Keeps its words, for the command that resumes."""

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
    "--config",
    type=click.Path(path_type=Path),
    is_eager=True,
    callback=_read_config,
    help="YAML file of all options, or of several stages.",
)
@declared_options(*(name for names in _SECTIONS.values() for name in names if name != "config"))
@click.argument("host_arguments", nargs=-1, type=click.UNPROCESSED, metavar="[TRAINING ARGUMENTS]...")
@click.pass_context
def train(ctx: click.Context, /, config: TrainingConfig, host_arguments: tuple[str, ...], **options: Any) -> None:
    """Fine-tune an encoder with planned batches."""
    from beir_hybrid.reports.plans import examples_map
    from beir_hybrid.reports.render.terminal import console, show
    from beir_hybrid.training.processes import interrupted_by_signals, is_first_process, leave_processes
    from beir_hybrid.training.train import RunFinishedError

    run = _training(ctx, config, options, read_words(host_arguments))
    with interrupted_by_signals() as received:
        try:
            trained = run()
        except RunFinishedError as finished:  # a script that is started again continues with what follows the training
            leave_processes()
            if is_first_process():
                console().print(str(finished), highlight=False, markup=False)
            return
        except BeirHybridError:
            leave_processes()
            raise
        except KeyboardInterrupt as interruption:
            if is_first_process():
                _explain(ctx, interruption)
            ctx.exit(128 + received.number)
    leave_processes()
    if not is_first_process():
        return
    show(examples_map(trained.drawn))
    console().print(
        f"Trained {trained.steps} steps in {trained.seconds:.1f} s. The model is in {trained.folder}.", highlight=False
    )
    if best := trained.selected:
        console().print(f"Best checkpoint: step {best.step}, {best.by} {best.value:.4f}.", highlight=False)


def _training(
    ctx: click.Context, config: TrainingConfig, options: dict[str, Any], arguments: dict[str, Any]
) -> Callable[[], TrainedModel]:
    """Return what trains: one model, or several stages."""
    from beir_hybrid.training.stages import train_stages
    from beir_hybrid.training.train import train

    if not config.stages:
        request = TrainingRequest.from_options(options, config.arguments)
        return lambda: train(request, arguments)
    source = ctx.get_parameter_source
    given = {name: value for name, value in options.items() if source(name) is ParameterSource.COMMANDLINE}
    refuse_options(given)
    both = {name: options[name] for name in ("overwrite", "resume")}  # of the file, if not of the command line
    stages = config.requests({**given, **both}, arguments)
    return lambda: train_stages(stages, lambda number, trained: _announce(number, stages, trained))


def _announce(number: int, stages: Sequence[tuple[str, TrainingRequest]], trained: TrainedModel | None) -> None:
    done = "was finished" if trained is None else f"trained {trained.steps} steps in {trained.seconds:.1f} s"
    name, request = stages[number - 1]
    click.echo(f"Stage {number} of {len(stages)}, {name}, {done}: {request.output}")


def _explain(ctx: click.Context, interruption: KeyboardInterrupt) -> None:
    """Show how far an interrupted training was, and the command that resumes it."""
    from beir_hybrid.training.processes import launched_processes

    problem = getattr(interruption, "problem", "Interrupted before the training began.")
    words = ctx.meta[_WORDS]
    if getattr(interruption, "started", False):
        click.echo(err=True)  # a progress bar may stand there
        words = [*(word for word in words if word not in {"--overwrite", "--resume"}), "--resume"]
    launched = ", launched as before" if launched_processes() > 1 else ""
    click.echo(f"{problem} Run{launched}: {shlex.join([*ctx.command_path.split(), *words])}", err=True)
