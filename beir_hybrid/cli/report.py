"""``beir-hybrid report``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folders", metavar="DIR...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="The page to write, such as report.html."
)
@click.option("--reference", metavar="[paper]", help="Show published numbers beside runs of the same dataset.")
@click.option("--baseline", help="Run that the others' heat maps are subtracted from [default: the first].")
@click.option("--measure", help="Measure of the summary and the heat maps [default: map, or else the first].")
@click.option("--title", help="Title of the page [default: the studies' names, or the datasets'].")
@click.option(
    "--assets",
    type=click.Path(path_type=Path),
    help="Folder for the pictures as PNG, SVG and PDF, and the tables as CSV, Markdown and LaTeX.",
)
@click.option("--no-titles", is_flag=True, help="Leave titles and notes out of the pictures, for a paper's captions.")
@click.option("--overwrite", is_flag=True, help="Replace the page and the files in the assets' folder.")
def report(
    folders: tuple[Path, ...],
    output: Path,
    reference: str | None,
    baseline: str | None,
    measure: str | None,
    title: str | None,
    assets: Path | None,
    no_titles: bool,
    overwrite: bool,
) -> None:
    """Show studies, trainings and evaluations on one page that needs no network.

    The folders are what beir-hybrid study, train and evaluate --output wrote, in any combination.
    """
    from beir_hybrid.reports.page.inputs import read_sources
    from beir_hybrid.reports.page.outline import build_outline
    from beir_hybrid.reports.page.outputs import check_outputs, write_report
    from beir_hybrid.reports.published import check_reference

    check_outputs(output, assets, overwrite)
    check_reference(reference)
    contents = build_outline(read_sources(folders), reference, baseline, measure, title)
    count = write_report(contents, output, assets, titled=not no_titles)
    for failure in contents.failures:
        where = f"{failure.study}, " if failure.study else ""
        click.echo(f"Not shown: {where}{failure.name}: {failure.reason}", err=True)
    if reference is not None and not any(part.published for part in contents.blocks):
        where = ", ".join(dict.fromkeys(part.block.title for part in contents.blocks)) or "these runs"
        click.echo(f"--reference {reference} has nothing on {where}: no published number is shown.", err=True)
    click.echo(f"Written to {output}")
    if assets is not None:
        click.echo(f"{count} pictures and tables written to {assets}")
