"""``beir-hybrid run``."""

from __future__ import annotations

from itertools import takewhile

import click


class _Launcher(click.Command):
    """A command whose options end where the program begins."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ours = list(takewhile(lambda word: word == "-h" or (word.startswith("--") and word != "--"), args))
        program = args[len(ours) :]
        return super().parse_args(ctx, [*ours, *([] if program[:1] == ["--"] else ["--"]), *program])


_EXAMPLES = """\b
Examples:
  beir-hybrid run evaluate_sbert.py
  beir-hybrid run --children -m torch.distributed.run --nproc-per-node 2 train_sbert.py"""


@click.command(cls=_Launcher, options_metavar="[--children]", epilog=_EXAMPLES)
@click.option("--children", is_flag=True, help="Reach the Python processes that the script starts, too.")
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="SCRIPT.py|-m MODULE [ARGS]...")
def run(children: bool, program: tuple[str, ...]) -> None:
    """Run a BEIR script as it is, on our datasets too.

    SCRIPT.py, or the module behind -m, runs as with python: same arguments, output and exit code. All that follows it
    is its own.
    """
    from beir_hybrid.hosts.launcher import run as launch

    launch(program, children=children)
