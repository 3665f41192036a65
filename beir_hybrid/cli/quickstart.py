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
    from beir_hybrid.evaluation.measures.printing import printed
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
    show(
        score_table(
            block_of(runs),
            "means over settings, 95 % intervals over questions below; best in bold",
            columns,
            name="strategy",
            notes=(),
        )
    )
    mono, cross, hybrid = (runs[name].scores for name in ("x-x-mono", "x-y", "hybrid"))
    share, ranks = printed("map").brief, printed("rank_distance").brief
    console().print(
        f"\nMonolingual batches alone (x-x-mono) leave the languages apart: cross-lingual mAP is "
        f"{share(mono['cross']['map'])}, and relevant passages in different languages lie "
        f"{ranks(mono['multi']['rank_distance'])} ranks apart in the pool. Hybrid batches reach "
        f"{share(hybrid['cross']['map'])} and {ranks(hybrid['multi']['rank_distance'])} ranks, with a monolingual mAP "
        f"of {share(hybrid['mono']['map'])} against {share(mono['mono']['map'])} (x-x-mono) and "
        f"{share(cross['mono']['map'])} (x-y).",
        highlight=False,
    )
