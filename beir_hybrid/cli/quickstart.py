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
    from beir_hybrid.quickstart import check_folder, run
    from beir_hybrid.reports.groups import block_of
    from beir_hybrid.reports.render.terminal import console, show
    from beir_hybrid.reports.score_tables import score_table

    check_folder(output)
    console().print(
        "Training three static encoders on the built-in sample: questions and passages in 11 languages, the same "
        "texts and the same number of steps, only the batches differ.\n",
        highlight=False,
    )
    runs = run(seed=seed, output=output)
    columns = [("mono", "map"), ("cross", "map"), ("multi", "map"), ("multi", "rank_distance")]
    show(score_table(block_of(runs), "means over settings; best in bold", columns, name="strategy", notes=()))
    mono, cross, hybrid = (runs[name].scores for name in ("x-x-mono", "x-y", "hybrid"))
    console().print(
        f"\nMonolingual batches alone (x-x-mono) leave the languages apart: cross-lingual mAP "
        f"{mono['cross']['map']:.3f}, and relevant passages in different languages lie "
        f"{mono['multi']['rank_distance']:.0f} ranks apart in the pool. Hybrid batches reach "
        f"{hybrid['cross']['map']:.3f} and {hybrid['multi']['rank_distance']:.0f} ranks, with a monolingual mAP of "
        f"{hybrid['mono']['map']:.3f} against {mono['mono']['map']:.3f} (x-x-mono) and "
        f"{cross['mono']['map']:.3f} (x-y).",
        highlight=False,
    )
