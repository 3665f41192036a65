"""``beir-hybrid fuse``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beir_hybrid.cli import Number


@click.command()
@click.option(
    "--runs",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path),
    help="A TREC run, or a folder of runs named after their settings; give two or more.",
)
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="File for the fused run, or folder for the runs."
)
@click.option("--rrf-k", type=Number(whole=True, minimum=0), default=60, show_default=True, help="k in 1 / (k + rank).")
@click.option(
    "--depth",
    type=Number(whole=True, minimum=1),
    default=1000,
    show_default=True,
    help="Passages per query, of each run and of the fused one.",
)
@click.option("--tag", default="rrf", show_default=True, help="Name of the fused run.")
@click.option("--allow-missing", is_flag=True, help="Let a run lack queries that another one has.")
@click.option("--overwrite", is_flag=True, help="Replace the runs that are there.")
def fuse(runs: tuple[Path, ...], output: Path, **options: Any) -> None:
    """Fuse runs, such as a dense one and BM25, by reciprocal ranks."""
    from beir_hybrid_pyserini.fusion import fuse as fuse_all

    for path in fuse_all(runs, output, **options):
        click.echo(f"Written: {path}")
