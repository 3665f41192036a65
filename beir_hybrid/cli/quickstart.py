"""``beir-hybrid quickstart``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of models and batches.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="New folder for models, results and report.html [default: quickstart, or the next free quickstart-2].",
)
def quickstart(seed: int, output: Path | None) -> None:
    """Train on the built-in sample with three strategies and compare them, in about two minutes."""
    from beir_hybrid.reports.quickstart_progress import QuickstartProgress
    from beir_hybrid.reports.render.terminal import console, show

    screen = console()
    with QuickstartProgress(screen) as progress:
        from beir_hybrid import quickstart as steps
        from beir_hybrid.reports.groups import block_of
        from beir_hybrid.reports.page.inputs import read_sources
        from beir_hybrid.reports.page.outline import build_outline
        from beir_hybrid.reports.page.outputs import write_report
        from beir_hybrid.reports.score_tables import score_table

        folder = steps.free_folder() if output is None else output
        steps.check_folder(folder)
        screen.print(f"{steps.INTRODUCTION}\n", highlight=False)
        runs = steps.run(folder, seed, progress)
        page = folder / steps.REPORT
        sources = read_sources([folder / strategy for strategy in steps.STRATEGIES])
        write_report(build_outline(sources, title="Quickstart: three kinds of batches on the sample (quick)"), page)
    title = "\nQuick: means over settings, 95 % intervals over questions below; best in bold"
    show(score_table(block_of(runs), title, steps.COLUMNS, name="strategy", notes=()), screen=screen)
    for line in ("", *steps.conclusion(runs)):
        screen.print(line, highlight=False, markup=False)
    screen.print("\nThe report, to be opened in a browser:", style="bold")
    screen.print(page.resolve().as_uri(), soft_wrap=True, highlight=False, markup=False)
    screen.print("\nNext:", style="bold")
    for command in steps.next_commands(folder):
        screen.print(f"  {command}", soft_wrap=True, highlight=False, markup=False)
