"""``beir-hybrid bm25``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beir_hybrid.cli import NAMES, Number, dataset_options


@click.command()
@dataset_options
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="Folder for indexes/, runs/ and bm25.json."
)
@click.option("--settings", type=NAMES, help="Such as en-de,en-all or mono [default: all].")
@click.option("--k1", type=Number(), default=0.9, show_default=True, help="Saturation of term frequencies.")
@click.option("--b", type=Number(), default=0.4, show_default=True, help="Weight of document lengths, 0 to 1.")
@click.option(
    "--depth", type=Number(whole=True, minimum=1), default=1000, show_default=True, help="Passages per query in runs."
)
@click.option(
    "--analyzers",
    type=NAMES,
    default=(),
    help="Such as th=trigrams,sw=standard: standard, whitespace, trigrams, or a language whose analyzer to use.",
)
@click.option(
    "--pool",
    metavar="[one|merged]",
    default="one",
    show_default=True,
    help="Search several corpora in one index over all, or merge one index per language by score.",
)
@click.option("--overwrite", is_flag=True, help="Replace other indexes and runs in the output folder.")
def bm25(dataset: str, output: Path, **options: Any) -> None:
    """Write a BM25 baseline: Lucene indexes, built and searched by Pyserini, and a TREC run for each setting.

    Each text is analysed in its own language; where Lucene has no analyzer for it, that is said. What is there already
    is left as it is, so a command that was interrupted can be repeated.
    """
    from beir_hybrid_pyserini.bm25 import write_baseline

    for line in write_baseline(dataset, output, **options):
        click.echo(line)
