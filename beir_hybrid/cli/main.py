"""The command ``beir-hybrid``: finds its subcommands in the registry."""

from __future__ import annotations

from typing import Any

import click

import beir_hybrid
from beir_hybrid.cli.parameters import CommandGroup
from beir_hybrid.errors import BeirHybridError, ConfigurationError, DataFormatError
from beir_hybrid.registry import COMMANDS
from beir_hybrid.verbosity import set_verbosity

_VERBOSITY = {
    "quiet": "Show results, warnings and errors only.",
    "verbose": "Show details of each step, of the host libraries too.",
}


class _Failure(click.ClickException):
    """One of our errors as the command line shows it: one line, exit code 2."""

    exit_code = 2


class _Commands(CommandGroup):
    """A group whose commands are entry points, loaded when they are named or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return COMMANDS.names()

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS.names():
            return None
        try:
            return _with_verbosity(COMMANDS.get(name))
        except BeirHybridError as error:  # a broken plug-in is listed as broken, and only using it fails
            return click.Command(name, help=f"(broken) {error}")

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
            if error.filename is None:  # not about a file
                raise
            unreadable = DataFormatError(f"{error.filename} cannot be read: {error.strerror}.", "Check the path.")
            raise _Failure(str(unreadable)) from error


def _with_verbosity(command: click.Command) -> click.Command:
    """Add ``--quiet`` and ``--verbose`` to a command and those below it, but for one that has its own."""
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _with_verbosity(below)
    taken = {name for param in command.params for name in (param.name, *param.opts)}
    for name, explanation in _VERBOSITY.items():
        if not taken & {name, f"--{name}"}:
            option = click.Option(
                [f"--{name}"], is_flag=True, expose_value=False, callback=_set_verbosity, help=explanation
            )
            command.params.append(option)
    return command


def _set_verbosity(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Set the verbosity that the words of the command line so far ask for."""
    if value:
        asked = ctx.find_root().meta.setdefault(__name__, {})
        asked[param.name] = True
        if len(asked) > 1:
            raise ConfigurationError("Both --quiet and --verbose are given.", "Choose one.")
        set_verbosity(**asked)


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(beir_hybrid.__version__, prog_name="beir-hybrid")
def main() -> None:
    """Train and evaluate multilingual dense retrievers.

    Hybrid batches of monolingual and cross-lingual questions and passages in training; monolingual, cross-lingual and
    multilingual retrieval and language bias in evaluation.
    """
    set_verbosity()


if __name__ == "__main__":
    main()
