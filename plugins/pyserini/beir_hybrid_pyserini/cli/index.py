"""``beir-hybrid index``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beir_hybrid import ConfigurationError
from beir_hybrid.cli import dataset_options, encoding_options


def read_part(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Read such as ``3/8``; whether there is such a part is checked where it is cut."""
    if value is None:
        return None
    number, _, count = value.partition("/")
    if not (number.isdecimal() and count.isdecimal()):
        raise ConfigurationError(f"The shard {value!r} is not of the form I/N.", "Give such as --shard 0/8.")
    return int(number), int(count)


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
@click.option("--shard", callback=read_part, metavar="I/N", help="Index part I of N only, counted from 0.")
@click.option("--topics", type=click.Path(path_type=Path), help="Write the queries to this file, such as topics.tsv.")
@click.option("--qrels", type=click.Path(path_type=Path), help="Write the relevance judgements, for trec_eval.")
@click.option("--jsonl", type=click.Path(path_type=Path), help="Write the passages to this folder for Pyserini.")
@encoding_options
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
def index(dataset: str, **options: Any) -> None:
    """Write a dense index that Pyserini searches, and what else Pyserini needs.

    A setting such as xquad-r.en-de has its passages in the index and its queries in the topics. A run that is killed
    resumes where it stopped. --shard writes one part of the index into a folder of all, which search takes as it is.
    """
    from beir_hybrid_pyserini.work import write_all

    for line in write_all(dataset, **options):
        click.echo(line)
