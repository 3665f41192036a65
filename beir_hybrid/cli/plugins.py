"""``beir-hybrid plugins``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from beir_hybrid.plugins import Plugin


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--check", is_flag=True, help="Try strategies and measures too, and exit with 1 if anything listed is broken."
)
def plugins(as_json: bool, check: bool) -> None:
    """List everything that is registered, by this package or by others, and whether it loads.

    Datasets, formats, strategies, losses, measures, hosts, commands and clusters, each with the package that
    registered it. What is broken is listed with the reason and the fix, and affects nothing else. With --check,
    strategies draw a few batches and measures are computed on a small artificial run; datasets are not loaded.
    """
    from beir_hybrid.plugins import list_plugins

    with redirect_stdout(sys.stderr):  # what plug-ins print while they are imported is not the list
        listed = list_plugins(check=check)
    if as_json:
        click.echo(json.dumps([plugin.to_json() for plugin in listed], ensure_ascii=False, indent=2))
    else:
        _show(listed)
    if check and not all(plugin.loads for plugin in listed):
        sys.exit(1)


def _show(listed: Sequence[Plugin]) -> None:
    from beir_hybrid.reports.models.table import Column, make_table
    from beir_hybrid.reports.render.terminal import console, show

    rows = [
        (
            plugin.group.rpartition(".")[2],
            plugin.name,
            plugin.distribution or "this process",
            plugin.version,
            "yes" if plugin.loads else "no",
            plugin.target,
        )
        for plugin in listed
    ]
    version, target = Column("version", text=True, leave_out=1), Column("target", text=True, leave_out=2)
    screen = console()
    show(make_table("", ["group", "name", "from", version, "loads", target], rows, names=2), screen=screen)
    for plugin in listed:
        if not plugin.loads:
            screen.print(plugin.complaint, markup=False, highlight=False, soft_wrap=True)
