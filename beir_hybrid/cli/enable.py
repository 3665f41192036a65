"""``beir-hybrid enable`` and ``beir-hybrid disable``."""

from __future__ import annotations

import click


@click.command()
@click.option("--status", is_flag=True, help="Only say whether it is enabled, and where.")
@click.option("--force", is_flag=True, help="Also outside of a virtual environment.")
def enable(status: bool, force: bool) -> None:
    """Make plain python in this environment do what `run` does.

    Writes one file into site-packages, which activates the hosts whenever this environment's Python starts. `disable`
    removes it.
    """
    from beir_hybrid.hosts import enabling
    from beir_hybrid.hosts.launcher import registered_hosts

    path = None if status else enabling.enable(force=force)
    hosts = enabling.enabled_hosts()
    if hosts is None:
        click.echo(f"Not enabled: there is no {enabling.hook_file()}")
        return
    names = ", ".join(host.partition("=")[0] for host in hosts.split(",")) or "no hosts"
    click.echo(f"{'Enabled' if path is None else 'Now enabled'}: {enabling.hook_file()} activates {names}")
    if path is None and hosts != registered_hosts():
        click.echo("The hosts that are registered have changed since: run `beir-hybrid enable` again.")


@click.command()
def disable() -> None:
    """Remove what `enable` wrote."""
    from beir_hybrid.hosts import enabling

    path = enabling.disable()
    click.echo(f"Not enabled: there is no {enabling.hook_file()}" if path is None else f"Removed {path}")
