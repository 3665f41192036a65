"""``beir-hybrid plan``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beir_hybrid.cli.parameters import (
    Number,
    batch_options,
    both_spellings,
    build_sampling,
    languages_option,
    passage_text_option,
    source_option,
)
from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:
    from beir_hybrid.batching.forecast import Forecast


@click.command()
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
@click.option(
    "--negatives",
    type=Number(whole=True, minimum=0),
    default=0,
    show_default=True,
    help="Hard negatives of each example, which no other example's passage may be.",
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
    train_data: tuple[str, ...],
    source: Path | None,
    languages: tuple[str, ...] | None,
    passage_text: str | None,
    negatives: int,
    strategy: str,
    alpha: float | None,
    batch_size: int,
    world_size: int,
    steps: int | None,
    seed: int,
    output: Path | None,
    plot: Path | None,
    **sampling: Any,
) -> None:
    """Show what a training run would draw, before spending a GPU on it."""
    from beir_hybrid.batching.examples import example_dataset
    from beir_hybrid.batching.forecast import forecast
    from beir_hybrid.batching.plan import BatchPlan
    from beir_hybrid.batching.strategies.build import build_strategy
    from beir_hybrid.datasets import load_sources
    from beir_hybrid.storage.files import write_json

    _check_file(output, "--output", (".json",))
    if plot is not None:
        from beir_hybrid.reports.render.pictures import FORMATS

        _check_file(plot, "--plot", tuple(f".{form}" for form in FORMATS))
    built, chosen = build_strategy(strategy, alpha=alpha), build_sampling(**sampling)
    choice = {} if passage_text is None else {"passage_text": passage_text}
    pairs = load_sources(train_data, source=source, languages=languages, **choice)
    sources = example_dataset(pairs, negatives=negatives).data.indexes
    per_epoch = sum(index.questions for index in sources) // (batch_size * world_size)
    # data that cannot fill a step are refused by the plan itself
    epochs = 1.0 if steps is None or per_epoch == 0 else steps / per_epoch
    batches = BatchPlan(sources, built, batch_size, seed=seed, world_size=world_size, sampling=chosen, epochs=epochs)
    found = forecast(batches, steps, show_progress=True)
    if output is not None:
        write_json(output, found.to_dict())
    if plot is not None:
        from beir_hybrid.reports.plans import plot_forecast

        plot_forecast(found, plot)
    _show(found, [path for path in (output, plot) if path is not None])


def _check_file(path: Path | None, option: str, suffixes: tuple[str, ...]) -> None:
    """Find out before anything is drawn whether a file can be written."""
    from beir_hybrid.storage.files import check_output

    if path is None:
        return
    if path.suffix.lower() not in suffixes:
        ending = repr(path.suffix) if path.suffix else "no suffix"
        raise ConfigurationError(f"{path} ends in {ending}.", f"End it in {' or '.join(suffixes)}.")
    check_output(path, "file", option)


def _show(found: Forecast, written: Iterable[Path]) -> None:
    from beir_hybrid.reports.plans import plan_models
    from beir_hybrid.reports.render.terminal import console, show

    out = console()
    show(*plan_models(found), screen=out)
    drawn, size = found.drawn, found.plan
    lines = [
        f"{found.steps} steps of {size.batch_size} x {size.world_size} examples: {found.epochs:.2f} epochs of "
        f"{len(size)} steps.",
        f"False negatives avoided (groups exchanged because their answer was in the batch already): {drawn.replaced}.",
        f"Answers repeated in a batch, because the data have no others: {drawn.repeated}.",
        f"Hard negatives left out, because they answer the question: {drawn.left_out}.",
        *(f"Notice: {notice}" for notice in size.notices),
        *(f"Written to {path}" for path in written),
    ]
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)
