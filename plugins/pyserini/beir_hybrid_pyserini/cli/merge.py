"""``beir-hybrid merge``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--index", required=True, type=click.Path(path_type=Path), help="Folder of the shards of a dense index.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Folder for the whole index.")
@click.option("--overwrite", is_flag=True, help="Replace the index that is there.")
def merge(index: Path, output: Path, overwrite: bool) -> None:
    """Merge the shards of a dense index into one, for Pyserini's own search.

    Flat shards can be merged. Graphs, and what each shard trained for itself, are searched as shards.
    """
    from beir_hybrid_pyserini.index import merge_shards
    from beir_hybrid_pyserini.work import describe_index

    click.echo(f"Written: {describe_index(merge_shards(index, output, overwrite=overwrite))}")
