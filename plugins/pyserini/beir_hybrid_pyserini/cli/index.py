"""``beir-hybrid index``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beir_hybrid.cli import SHARE, cluster_options, dataset_options, dry_run_option, encoding_options


@click.command()
@click.option("--model", help="Model folder, or name on the Hugging Face hub.")
@dataset_options
@click.option("--output", type=click.Path(path_type=Path), help="Folder for the index, as Pyserini reads it.")
@click.option(
    "--factory",
    default="Flat",
    show_default=True,
    help="What Faiss builds, such as Flat, HNSW64 or IVF256,Flat:nprobe=16.",
)
@click.option("--vectors", type=click.Path(path_type=Path), help="Folder of beir-hybrid encode, in the model's place.")
@click.option("--shard", type=SHARE, metavar="I/N", help="Index part I of N only, counted from 0.")
@click.option("--topics", type=click.Path(path_type=Path), help="Write the queries to this file, such as topics.tsv.")
@click.option("--qrels", type=click.Path(path_type=Path), help="Write the relevance judgements, for trec_eval.")
@click.option("--jsonl", type=click.Path(path_type=Path), help="Write the passages to this folder for Pyserini.")
@encoding_options
@cluster_options
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
@dry_run_option
def index(dataset: str, dry_run: bool, **options: Any) -> None:
    """Write a dense index that Pyserini searches, and what else Pyserini needs.

    A setting such as xquad-r.en-de has its passages in the index and its queries in the topics. A run that is killed
    resumes where it stopped. --shard writes one part of the index into a folder of all, which search takes as it is.
    With --cluster, workers encode the passages, into a folder beside the index that all of them can write to.
    """
    from beir_hybrid_pyserini.work import forecast, write_all

    if dry_run:
        forecast(dataset, **options)
        return
    for line in write_all(dataset, **options):
        click.echo(line)
