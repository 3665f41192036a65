"""``beir-hybrid index``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beir_hybrid.cli.parameters import NAMES, Number, languages_option, passage_text_option, source_option

__all__ = ["index"]


@click.command()
@click.option("--model", help="Model folder, or name on the Hugging Face hub.")
@click.option(
    "--dataset", required=True, help="Dataset or one of its settings, such as xquad-r, xquad-r.en-de or miracl.sw."
)
@click.option("--output", type=click.Path(path_type=Path), help="Folder for the index, as Pyserini reads it.")
@click.option(
    "--factory",
    default="Flat",
    show_default=True,
    help="What Faiss builds, such as Flat, HNSW64 or IVF256,Flat:nprobe=16.",
)
@click.option("--topics", type=click.Path(path_type=Path), help="Write the queries to this file, such as topics.tsv.")
@click.option("--qrels", type=click.Path(path_type=Path), help="Write the relevance judgements, for trec_eval.")
@click.option("--jsonl", type=click.Path(path_type=Path), help="Write the passages to this folder for Pyserini.")
@source_option
@languages_option
@passage_text_option
@click.option("--split", help="Split, for datasets that have several.")
@click.option("--judged-only", is_flag=True, default=None, help="Take only judged passages (miracl); a quick look.")
@click.option(
    "--sample-passages",
    type=Number(whole=True, minimum=1),
    help="Take the judged passages and this many others of each language (miracl); a quick look.",
)
@click.option("--batch-size", type=click.IntRange(min=1), default=32, show_default=True, help="Texts per forward pass.")
@click.option("--device", type=NAMES, help="Such as cpu or cuda:0,cuda:1 [default: the best there is].")
@click.option("--dtype", metavar="[float16|bfloat16]", help="Run the model in half precision.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    help="Folder for vectors, which a next run reads [default: $BEIR_HYBRID_CACHE, or else the user's cache].",
)
@click.option("--no-cache", is_flag=True, help="Keep no vectors: a run that is killed encodes all again.")
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
def index(dataset: str, **options: Any) -> None:
    """Write a dense index that Pyserini searches, and what else Pyserini needs.

    A setting such as xquad-r.en-de has its passages in the index and its queries in the topics. A run that is killed
    goes on where it was.
    """
    from beir_hybrid.reports.tables import console
    from beir_hybrid_pyserini.work import write_all

    for line in write_all(dataset, **options):
        console().print(line, markup=False, highlight=False, soft_wrap=True)
