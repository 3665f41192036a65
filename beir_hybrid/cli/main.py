"""The command ``beir-hybrid``: finds its subcommands in the registry."""

from __future__ import annotations

import logging
from typing import Any

import click

import beir_hybrid
from beir_hybrid.errors import BeirHybridError, DataFormatError
from beir_hybrid.registry import COMMANDS


class _Failure(click.ClickException):
    """One of our errors as the command line shows it: one line, exit code 2."""

    exit_code = 2


class _Commands(click.Group):
    """A group whose commands are entry points, loaded when they are named or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return COMMANDS.names()

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS.names():
            return None
        try:
            command: click.Command = COMMANDS.get(name)
        except BeirHybridError as error:  # a broken plug-in is listed as broken, and only using it fails
            return _broken(name, error)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-"):
            try:
                COMMANDS.get(args[0])
            except BeirHybridError as error:
                raise _Failure(str(error)) from error
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BeirHybridError as error:
            raise _Failure(str(error)) from error
        except OSError as error:
            if error.filename is None:  # no fault of a path's
                raise
            told = DataFormatError(f"{error.filename} cannot be read: {error.strerror}.", "Check the path.")
            raise _Failure(str(told)) from error


def _broken(name: str, error: BeirHybridError) -> click.Command:
    return click.Command(name, help=f"(broken) {error}")


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(beir_hybrid.__version__, prog_name="beir-hybrid")
def main() -> None:
    """Train and judge multilingual dense retrievers.

    Hybrid batches of monolingual and cross-lingual questions and passages in training; monolingual, cross-lingual and
    multilingual retrieval and language bias in evaluation.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    logging.getLogger("beir_hybrid").setLevel(logging.INFO)


if __name__ == "__main__":
    main()
