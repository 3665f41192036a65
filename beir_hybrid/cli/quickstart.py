"""``beir-hybrid quickstart``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of models and batches.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="Keep the trained models here [default: a temporary folder]."
)
def quickstart(seed: int, output: Path | None) -> None:
    """Train on the built-in sample with three strategies and compare them, in about a minute."""
    from beir_hybrid.quickstart import COLUMNS, INTRODUCTION, check_folder, conclusion, run
    from beir_hybrid.reports.groups import block_of
    from beir_hybrid.reports.render.terminal import console, show
    from beir_hybrid.reports.score_tables import score_table

    check_folder(output)
    console().print(f"{INTRODUCTION}\n", highlight=False)
    runs = run(seed=seed, output=output)
    title = "means over settings, 95 % intervals over questions below; best in bold"
    show(score_table(block_of(runs), title, COLUMNS, name="strategy", notes=()))
    console().print(f"\n{conclusion(runs)}", highlight=False)
