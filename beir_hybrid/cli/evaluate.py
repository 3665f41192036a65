"""``beir-hybrid evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beir_hybrid.cli.parameters import NAMES, languages_option, passage_text_option, source_option

__all__ = ["evaluate"]


@click.command()
@click.option("--model", required=True, help="Model folder, or name on the Hugging Face hub.")
@click.option("--dataset", required=True, help="Dataset, such as xquad-r, mlqa-r or sample.")
@source_option
@languages_option
@passage_text_option
@click.option("--split", help="Split, for datasets that have several.")
@click.option(
    "--measures", type=NAMES, help="Such as map,ndcg@10,rank_distance [default: the paper's for each kind of setting]."
)
@click.option("--batch-size", type=click.IntRange(min=1), default=32, show_default=True, help="Texts per forward pass.")
@click.option("--device", help="Such as cpu or cuda:1 [default: the best there is].")
@click.option("--output", type=click.Path(path_type=Path), help="Folder for results.json.")
@click.option("--overwrite", is_flag=True, help="Replace the results in the output folder.")
def evaluate(
    model: str,
    dataset: str,
    source: Path | None,
    languages: tuple[str, ...] | None,
    measures: tuple[str, ...] | None,
    batch_size: int,
    device: str | None,
    output: Path | None,
    overwrite: bool,
    **choices: Any,
) -> None:
    """Score a model monolingually, cross-lingually and multilingually, from one encoding."""
    from beir_hybrid.datasets import load_dataset
    from beir_hybrid.evaluation.evaluate import build_measures
    from beir_hybrid.evaluation.evaluate import evaluate as run
    from beir_hybrid.evaluation.results import check_output
    from beir_hybrid.models import load_model
    from beir_hybrid.reports.tables import console, language_table, score_table

    check_output(output, overwrite)
    build_measures(measures)  # so that a misspelt measure is told before anything is loaded
    given = {name: value for name, value in choices.items() if value is not None}
    collection = load_dataset(dataset, source=source, languages=languages, **given)
    results = run(
        load_model(model, device),
        collection,
        measures=measures,
        batch_size=batch_size,
        show_progress=True,
        model_name=model,
    )
    console().print(score_table(results), language_table(results))
    if output is not None:
        console().print(f"Written to {results.save(output)}", highlight=False)
