"""``beir-hybrid search``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command()
@click.option(
    "--index", required=True, type=click.Path(path_type=Path), help="Folder of a dense index, or of its shards."
)
@click.option("--topics", required=True, type=click.Path(path_type=Path), help="Queries in lines: id, tab, text.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="File for the TREC run.")
@click.option("--model", help="Model folder or name [default: the one that the index was built with].")
@click.option(
    "--vectors", type=click.Path(path_type=Path), help="Folder of beir-hybrid encode with the topics' vectors."
)
@click.option(
    "--depth", type=click.IntRange(min=1), default=1000, show_default=True, help="Passages per query in the run."
)
@click.option(
    "--batch-size", type=click.IntRange(min=1), default=32, show_default=True, help="Queries encoded at a time."
)
@click.option("--device", help="Such as cpu or cuda:0 [default: auto-detect].")
@click.option("--threads", type=click.IntRange(min=1), help="Of Faiss [default: one for each processor].")
@click.option("--overwrite", is_flag=True, help="Replace the run that is there.")
def search(index: Path, topics: Path, output: Path, **options: Any) -> None:
    """Search a dense index with Pyserini's searcher, and write a TREC run."""
    from beir_hybrid_pyserini.work import search_file

    line = search_file(index, topics, output, **options)
    click.echo(line)
