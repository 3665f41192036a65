"""``beir-hybrid datasets``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beir_hybrid.cli.parameters import (
    NAMES,
    CommandGroup,
    judged_only_option,
    languages_option,
    passage_text_option,
    sample_passages_option,
    source_option,
)

if TYPE_CHECKING:
    from beir_hybrid.datasets.registered import Listing
    from beir_hybrid.reports.models.table import Table

_NAMED = 30  # languages of one dataset in the table


@click.group(cls=CommandGroup)
def datasets() -> None:
    """List datasets, and write them as BEIR folders."""


@datasets.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List every dataset that is registered, by this package or by others."""
    from beir_hybrid.datasets.registered import list_datasets
    from beir_hybrid.reports.render.terminal import console, show

    listings = list_datasets()
    if as_json:
        click.echo(json.dumps([listing.to_json() for listing in listings], ensure_ascii=False, indent=2))
        return
    screen = console()
    show(_table(listings), screen=screen)
    for listing in listings:
        if listing.broken:
            screen.print(f"{listing.name} is broken: {listing.broken}", markup=False, highlight=False)
    screen.print(
        "beir-hybrid datasets get and evaluate also accept the settings of each: NAME.de (queries and passages in one "
        "language), NAME.en-de (English queries, German passages), NAME.en-de+es, and NAME.en-all (all passages).",
        markup=False,
        highlight=False,
    )


@datasets.command("get")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("datasets"),
    show_default=True,
    help="Folder to hold NAME and NAME.zip: where BEIR's scripts look for them.",
)
@source_option
@languages_option
@passage_text_option
@click.option("--split", "splits", type=NAMES, help="Split or splits, such as dev,train [default: the first one].")
@judged_only_option
@sample_passages_option
@click.option("--overwrite", is_flag=True, help="Replace a folder that beir-hybrid wrote with other content.")
def get(
    names: tuple[str, ...],
    out: Path,
    source: Path | None,
    languages: tuple[str, ...] | None,
    splits: tuple[str, ...] | None,
    overwrite: bool,
    **options: Any,
) -> None:
    """Write datasets or settings, such as xquad-r or xquad-r.en-de, as BEIR folders.

    A zip of each is put beside it, so that a BEIR script next to the folder datasets runs offline, unmodified.
    """
    from beir_hybrid.datasets.beir.export import check_export, export_dataset
    from beir_hybrid.reports.render.terminal import console

    chosen = {name: value for name, value in options.items() if value is not None}
    for name in names:  # so that a misspelt one is reported before anything is loaded
        check_export(name, out, languages)
    for name in dict.fromkeys(names):
        path, marker, new = export_dataset(
            name, out, source=source, languages=languages, splits=splits or (), overwrite=overwrite, **chosen
        )
        verb = "Written" if new else "Left as it is, since it holds just that"
        console().print(
            f"{verb}: {path} and {path}.zip ({marker.queries:,} queries, {marker.passages:,} passages, "
            f"{' and '.join(marker.splits)})",
            *(f"  {note}" for note in marker.notes),
            sep="\n",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _table(listings: list[Listing]) -> Table:
    from beir_hybrid.reports.models.table import Column, make_table
    from beir_hybrid.reports.models.words import number

    rows = [
        (
            f"{listing.name} (broken)" if listing.broken else listing.name,
            " ".join(listing.languages)
            if len(listing.languages) <= _NAMED
            else f"{len(listing.languages)} languages, which --json names",
            listing.queries,
            listing.passages,
            ", ".join(listing.splits),
            listing.licence,
            listing.distribution or "this process",
        )
        for listing in listings
    ]
    counts = [Column("queries", number), Column("passages", number)]
    licence, origin = Column("licence", text=True, leave_out=1), Column("from", text=True, leave_out=2)
    note = "queries and passages of the first split, in all languages"
    return make_table("", ["name", "languages", *counts, "splits", licence, origin], rows, [note])
