"""``beir-hybrid compare``."""

from __future__ import annotations

from pathlib import Path

import click

from beir_hybrid.cli.parameters import NAMES


@click.command()
@click.argument("folders", metavar="DIR DIR ...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--baseline", type=click.Path(path_type=Path), help="What the others are compared with [default: first].")
@click.option("--measures", type=NAMES, help="Such as map,ndcg@10 [default: all that both have].")
@click.option("--settings", type=NAMES, help="Such as en-de,en-all [default: all that both have].")
@click.option("--by-setting", is_flag=True, help="Compare in each setting too.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the resampling.")
@click.option("--output", type=click.Path(path_type=Path), help="File to write too: .json, .csv, .md or .tex.")
@click.option("--overwrite", is_flag=True, help="Replace the output file.")
def compare(
    folders: tuple[Path, ...],
    baseline: Path | None,
    measures: tuple[str, ...] | None,
    settings: tuple[str, ...] | None,
    by_setting: bool,
    seed: int,
    output: Path | None,
    overwrite: bool,
) -> None:
    """Compare evaluations query by query: differences, their intervals, and whether they could be chance.

    The folders are what beir-hybrid evaluate --output wrote.
    """
    from beir_hybrid.errors import ConfigurationError
    from beir_hybrid.evaluation.results import load_results
    from beir_hybrid.evaluation.statistics.comparison import compare as run
    from beir_hybrid.reports.contrasts import check_file, contrast_tables, remarks, write_comparison
    from beir_hybrid.reports.language_maps import contrast_maps
    from beir_hybrid.reports.render.terminal import console, show

    if len(folders) < 2:
        raise ConfigurationError(f"Folders given: {len(folders)}.", "Name at least two: compare DIR DIR")
    whole = [folder.resolve() for folder in folders]
    if baseline is not None and baseline.resolve() not in whole:
        raise ConfigurationError(f"The baseline {baseline} is not among the folders.", "Name it among them too.")
    check_file(output, overwrite)
    runs = load_results(folders)
    chosen = None if baseline is None else list(runs)[whole.index(baseline.resolve())]
    comparison = run(runs, chosen, measures, settings, by_setting, seed)
    screen = console()
    show(*contrast_tables(comparison), *contrast_maps(comparison), screen=screen)
    for remark in remarks(comparison):
        screen.print(remark, markup=False, highlight=False)
    if output is not None:
        write_comparison(comparison, output)
        screen.print(f"Written to {output}", markup=False, highlight=False)
