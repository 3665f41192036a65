"""Commands that break their contract in one way each, and a sound one; apart, since they import next to nothing."""

import sys

import click

from beir_hybrid.errors import ConfigurationError


@click.command()
@click.option("--number", type=int, default=0, help="A number.")
def sound(number):
    """Say nothing."""
    if number < 0:
        raise ConfigurationError(f"The number is {number}.", "Give one from 0 on.")


@click.command()
@click.option("--number", type=int, default=0, help="A number.")
def speechless(number):
    if number < 0:
        raise ConfigurationError(f"The number is {number}.", "Give one from 0 on.")


@click.command()
@click.option("--number", type=int, default=0)
def terse(number):
    """Say nothing."""
    if number < 0:
        raise ConfigurationError(f"The number is {number}.", "Give one from 0 on.")


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--number", type=int, default=0, help="A number.")
@click.argument("more", nargs=-1)
def swallowing(number, more):
    """Say nothing."""
    if number < 0:
        raise ConfigurationError(f"The number is {number}.", "Give one from 0 on.")


@click.command()
@click.option("--number", type=int, default=0, help="A number.")
def failing(number):
    """Say nothing."""
    if number < 0:
        raise ValueError(number)


@click.command()
@click.option("--number", type=int, default=0, help="A number.")
def useless(number):
    """Say nothing."""
    if number < 0:
        raise ConfigurationError(f"The number is {number}.", "Give one from 0 on.")
    sys.exit(3)


@click.command()
@click.option("--number", type=int, default=0, help="A number.")
def patient(number):
    """Say nothing."""


@click.command()
@click.option("--number", type=int, default=0, help="A number.")
def garrulous(number):
    """Say nothing."""
    if number < 0:
        click.echo("Oh dear.", err=True)
        raise ConfigurationError(f"The number is {number}.", "Give one from 0 on.")


COMMANDS = [thing for thing in list(globals().values()) if isinstance(thing, click.Command)]
