"""``beir-hybrid plan``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beir_hybrid.cli.parameters import Number, both_spellings, declared_options
from beir_hybrid.training.batch_options import SAMPLING

if TYPE_CHECKING:
    from beir_hybrid.batching.forecast import Forecast


@click.command()
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
    "--plot", type=click.Path(path_type=Path), help="Draw the numbers to this file, such as plan.png, .svg or .pdf."
)
def plan(
    batch_size: int,
    world_size: int,
    steps: int | None,
    seed: int,
    output: Path | None,
    plot: Path | None,
    **options: Any,
) -> None:
    """Show what a training run would draw, before spending a GPU on it."""
    from beir_hybrid.batching.forecast import forecast
    from beir_hybrid.reports.plans import plot_forecast
    from beir_hybrid.reports.render.pictures import SUFFIXES
    from beir_hybrid.storage.files import check_output, write_json
    from beir_hybrid.training.prepare import plan_batches
    from beir_hybrid.training.request import TrainingRequest

    if output is not None:
        check_output(output, "file", suffixes=[".json"])
    if plot is not None:
        check_output(plot, "file", "--plot", SUFFIXES)
    request = TrainingRequest.from_options({"model": "static", **options})
    batches = plan_batches(request, batch_size, seed=seed, world_size=world_size, steps=steps)
    expected = forecast(batches, steps, show_progress=True)
    if output is not None:
        write_json(output, expected.to_dict())
    if plot is not None:
        plot_forecast(expected, plot)
    _show(expected, [path for path in (output, plot) if path is not None])


def _show(expected: Forecast, written: Iterable[Path]) -> None:
    from beir_hybrid.reports.plans import plan_models
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
        *(f"Notice: {notice}" for notice in plan.notices),
        *(f"Written to {path}" for path in written),
    ]
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)
