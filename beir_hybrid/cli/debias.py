"""``beir-hybrid debias``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beir_hybrid.cli.encoding import take_encoding
from beir_hybrid.cli.parameters import NAMES, Number, encoding_options, source_option
from beir_hybrid.errors import ConfigurationError, OutputError


@click.command()
@click.option("--model", required=True, help="Model folder, or name on the Hugging Face hub.")
@click.option("--pairs", help="Fit on the passages of these pairs: a store, a file or folder, or a registered dataset.")
@click.option("--dataset", help="Fit on the passages of this evaluation set or BEIR folder, of any languages.")
@source_option
@click.option("--languages", type=NAMES, help="Such as en,de,th [default: all of the texts].")
@click.option(
    "--method",
    required=True,
    metavar="[shift|center|lir|...]",
    help="What is taken off, with its options: shift, shift:source=de, center, lir or lir:directions=8.",
)
@click.option("--strength", type=Number(minimum=0), help="How much of it, such as 0.6 [default: 1].")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Folder of the new model.")
@click.option("--overwrite", is_flag=True, help="Replace the folder.")
@encoding_options
def debias(
    model: str,
    pairs: str | None,
    dataset: str | None,
    source: Path | None,
    languages: tuple[str, ...] | None,
    method: str,
    strength: float | None,
    output: Path,
    overwrite: bool,
    **choices: Any,
) -> None:
    """Write a model whose vectors lose what their language adds; nothing is trained.

    What is taken off is fitted on passages in each language. The new model finds a text's language by its script and
    letters, or is told: model.encode(texts, language="de"). All commands load it, and Python does where this package is
    installed: SentenceTransformer(DIR, trust_remote_code=True).
    """
    from beir_hybrid.datasets import load_dataset
    from beir_hybrid.debiasing import FitTexts, build_debiasings, debias_model
    from beir_hybrid.evaluation import open_encoder
    from beir_hybrid.formats import load_pairs
    from beir_hybrid.storage.files import check_output

    if (pairs is None) == (dataset is None):
        problem = "Both --pairs and --dataset are given." if pairs else "There are no texts to fit on."
        raise ConfigurationError(problem, "Give --pairs PAIRS or --dataset DATASET.")
    encoding, chosen = take_encoding(choices), build_debiasings(method, strength=strength)
    if len(chosen) > 1:
        raise ConfigurationError(f"--method {method} has several strengths.", "Give one: --strength 0.6")
    check_output(output, "folder")
    if output.exists() and any(output.iterdir()) and not overwrite:
        raise OutputError(f"The folder {output} is not empty.", "Choose another folder, or give --overwrite.")
    texts = FitTexts(
        load_pairs(pairs, source, languages) if pairs is not None else load_dataset(str(dataset), source, languages)
    )
    removal = debias_model(open_encoder(model, encoding), texts, chosen[0], output, encoding, show_progress=True)
    counts = texts.counts()
    fitted = ", ".join(f"{code} {counts[code]:,}" for code in removal.languages)
    click.echo(f"{output}: {chosen[0].spec()}, fitted on {texts.name} ({fitted} passages).")
    click.echo("A text in another language is taken for the nearest of these, or left as it is if none has its script.")
