"""``beir-hybrid plan``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from beir_hybrid.cli.parameters import Number, both_spellings, declared_options
from beir_hybrid.errors import ConfigurationError, shorten
from beir_hybrid.training.batch_options import SAMPLING
from beir_hybrid.training.config import TrainingConfig, read_config, refuse_options
from beir_hybrid.training.request import TrainingRequest

if TYPE_CHECKING:
    from beir_hybrid.batching.forecast import Forecast


def _read_config(ctx: click.Context, param: click.Parameter, value: Path | None) -> TrainingConfig | None:
    """Make a training's file the defaults of the command's options, as far as they are about batches."""
    if value is None:
        return None
    config = read_config(value)
    known = {each.name for each in ctx.command.params} - {"output"}
    values = {**_about_batches(config.arguments), **config.required()}
    defaults = {**{name: each for name, each in values.items() if name in known}, **_numbers(config.arguments)}
    ctx.default_map = {**(ctx.default_map or {}), **defaults}
    return config


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    is_eager=True,
    callback=_read_config,
    help="YAML file of a training, or of several stages, each of which is shown.",
)
@declared_options(
    *("train_data", "source", "languages", "columns", "format", "passage_text", "extra_data", "plain_batch_sampler"),
    *("strategy", "alpha", *SAMPLING, "negatives"),
)
@click.option(
    *both_spellings("--batch-size"),
    type=Number(whole=True, minimum=1),
    default=100,
    show_default=True,
    help="Examples per batch and process.",
)
@click.option(
    *both_spellings("--world-size"),
    type=Number(whole=True, minimum=1),
    default=1,
    show_default=True,
    help="Number of processes.",
)
@click.option("--steps", type=Number(whole=True, minimum=1), help="Steps of the training [default: one epoch].")
@click.option("--seed", type=Number(whole=True, minimum=0), default=42, show_default=True, help="Seed of all draws.")
@click.option("--output", type=click.Path(path_type=Path), help="Write the numbers to this .json file.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Draw the numbers to this file, such as plan.png, .svg or .pdf; may be given several times.",
)
@click.option("--no-titles", is_flag=True, help="Leave the title out of the picture, for a paper's caption.")
@click.pass_context
def plan(
    ctx: click.Context,
    /,
    config: TrainingConfig | None,
    batch_size: int,
    world_size: int,
    steps: int | None,
    seed: int,
    output: Path | None,
    plot: tuple[Path, ...],
    no_titles: bool,
    **options: Any,
) -> None:
    """Show what a training run would draw, before spending a GPU on it."""
    from beir_hybrid.batching.forecast import forecast
    from beir_hybrid.reports.plans import plot_forecast
    from beir_hybrid.reports.render.pictures import SUFFIXES
    from beir_hybrid.storage.files import check_output, write_json
    from beir_hybrid.training.prepare import plan_batches

    if output is not None:
        check_output(output, "file", suffixes=[".json"])
    for picture in plot:
        check_output(picture, "file", "--plot", SUFFIXES)
    if no_titles and not plot:
        raise ConfigurationError("--no-titles is about a picture, and none is asked for.", "Add --plot FILE.")
    numbers = {"batch_size": batch_size, "steps": steps, "seed": seed}
    if config is not None and config.stages:
        _show_stages(ctx, config, numbers, world_size, options, output, plot)
        return
    request = TrainingRequest.from_options({"model": "static", **options})
    batches = plan_batches(request, batch_size, seed=seed, world_size=world_size, steps=steps)
    expected = forecast(batches, steps, show_progress=True)
    if output is not None:
        write_json(output, expected.to_dict())
    if plot:
        plot_forecast(expected, *plot, titled=not no_titles)
    _show(expected, [*([output] if output is not None else []), *plot])


def _show_stages(
    ctx: click.Context,
    config: TrainingConfig,
    numbers: dict[str, Any],
    world_size: int,
    options: dict[str, Any],
    output: Path | None,
    plot: Sequence[Path],
) -> None:
    """Show every stage, one after the other."""
    from beir_hybrid.batching.forecast import forecast
    from beir_hybrid.storage.files import write_json
    from beir_hybrid.training.prepare import plan_batches

    if plot:
        raise ConfigurationError("--plot draws one training, and the file has several stages.", "Leave it out.")
    given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    data = {name: value for name, value in options.items() if name in given}
    refuse_options(data)
    expected = []
    for number, (name, request) in enumerate(config.requests({"model": "static", **data}, {}), 1):
        wanted = {**numbers, **{key: value for key, value in _numbers(request.arguments).items() if key not in given}}
        request = replace(request, arguments=_about_batches(request.arguments))
        size, seed, steps = (wanted[key] for key in ("batch_size", "seed", "steps"))
        batches = plan_batches(request, size, seed=seed, world_size=world_size, steps=steps)
        expected.append({"stage": name, **(shown := forecast(batches, steps, show_progress=True)).to_dict()})
        click.echo(f"Stage {number} of {len(config.stages)}, {name}")
        _show(shown, [])
    if output is not None:
        write_json(output, {"schema": 1, "stages": expected})
        click.echo(f"Written to {output}")


def _numbers(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a training's batch size, steps and seed as a plan takes them, those that its arguments give."""
    names = {"per_device_train_batch_size": "batch_size", "max_steps": "steps", "seed": "seed"}
    given = {plan: arguments[host] for host, plan in names.items() if host in arguments}
    for name, value in given.items():
        if isinstance(value, bool) or not str(value).lstrip("-").isdecimal():
            raise ConfigurationError(f"{name} is {shorten(value)}.", "Give a whole number.")
    whole = {name: int(value) for name, value in given.items()}
    return {name: value for name, value in whole.items() if name != "steps" or value > 0}


def _about_batches(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the training arguments that a plan needs, lists as the command line gives them."""
    known = {name: arguments[name] for name in (*SAMPLING, "negatives", "plain_batch_sampler") if name in arguments}
    return {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in known.items()}


def _show(expected: Forecast, written: Iterable[Path]) -> None:
    from beir_hybrid.reports.plans import padding_sentence, plan_models
    from beir_hybrid.reports.render.terminal import console, show

    out = console()
    show(*plan_models(expected), screen=out)
    drawn, plan = expected.drawn, expected.plan
    lines = [
        f"{expected.steps} steps of {plan.batch_size} x {plan.world_size} examples: {expected.epochs:.2f} epochs of "
        f"{len(plan)} steps.",
        f"False negatives avoided (groups exchanged because their answer was in the batch already): {drawn.replaced}.",
        f"Answers repeated in a batch, because the data have no others: {drawn.repeated}.",
        f"Hard negatives left out, because they answer the question: {drawn.left_out}.",
        *([f"Padding, by the texts' lengths: {padding}."] if (padding := padding_sentence(expected)) else []),
        *(f"Notice: {notice}" for notice in plan.notices),
        *(f"Written to {path}" for path in written),
    ]
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)
