"""CommandContract: what this package relies on in a command."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest
from click.testing import CliRunner, Result

from beir_hybrid.cli.main import main
from beir_hybrid.registry import COMMANDS
from beir_hybrid.testing.expectation import Contract, expect, expect_none, run_python
from beir_hybrid.testing.host import HEAVY

_IMPORTS = """
import json, sys
from importlib import import_module
import click, beir_hybrid.cli.main
before = set(sys.modules)
import_module(sys.argv[1])
print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))
"""


class CommandContract(Contract):
    """Tests of a command, which is run as ``beir-hybrid NAME``. Subclass it, name the class ``Test...``, set ``name``.

    Attributes:
        name: The registered name.
        words: What to run it with, such as ``("--source", "tests/table")``; None to leave that out.
        refused: Several such, each of which it must refuse in one line, with exit code 2; click's own refusals, as of a
            missing option, are not meant.
        light: Modules that its own module may import, though most should not.

    Examples:
        ::

            class TestLibraryFaq(CommandContract):
                name = "library-faq"
                words = ()
                refused = (("--source", "nowhere"),)
    """

    registry = COMMANDS
    words: ClassVar[tuple[str, ...] | None] = None
    refused: ClassVar[tuple[tuple[str, ...], ...]] = ()
    light: ClassVar[tuple[str, ...]] = ()

    def test_help_says_what_it_does(self) -> None:
        """The list of commands has a line about it, and ``--help`` explains its options."""
        command = self.registered()
        expect(command.get_short_help_str(), f"{self.name} has no help.", "Give the function a docstring.")
        shown = self._run("--help")
        expect(
            shown.exit_code == 0, f"{self.name} --help ends with {_end(shown)}.", "Let click parse the command's words."
        )
        lacking = [
            parameter.opts[0]
            for parameter in command.params
            if parameter.param_type_name == "option" and not parameter.hidden and not parameter.help
        ]
        expect(not lacking, f"{' and '.join(lacking)} of {self.name} has no help.", "Give the option help=.")

    def test_module_imports_nothing_heavy(self) -> None:
        """``beir-hybrid --help`` imports every command, so its module leaves what is large to its functions."""
        module = self.target().partition(":")[0]
        imported = json.loads(run_python(_IMPORTS, module).splitlines()[-1])
        heavy = sorted((set(HEAVY) - set(self.light)) & set(imported))
        expect_none(heavy, f"{module} imports {{}}.", "Import inside the function.")

    def test_unknown_option_is_refused(self) -> None:
        """A misspelt option is refused, not swallowed."""
        self._check_refusal("--no-such-option")

    def test_it_runs(self) -> None:
        """Run with ``words``, it ends well."""
        if self.words is None:
            pytest.skip("the test gives no words to run it with")
        ended = self._run(*self.words)
        expect(
            ended.exception is None and ended.exit_code == 0,
            f"{self.name} {' '.join(self.words)} ends with {_end(ended)}.",
            "Let it end without an error, or correct words.",
        )

    def test_what_it_cannot_do_is_refused_in_one_line(self) -> None:
        """Run with each of ``refused``, it says what is wrong in a line, with exit code 2 and without a traceback."""
        if not self.refused:
            pytest.skip("the test gives nothing that is refused")
        for words in self.refused:
            ended = self._check_refusal(*words)
            lines = ended.stderr.splitlines()
            expect(
                len(lines) == 1 and lines[0].startswith("Error: "),
                f"{self.name} {' '.join(words)} is refused with {lines}.",
                "Raise one of beir_hybrid.errors, whose message is one line.",
            )

    def _check_refusal(self, *words: str) -> Result:
        ended = self._run(*words)
        expect(
            isinstance(ended.exception, SystemExit) and ended.exit_code == 2,
            f"{self.name} {' '.join(words)} ends with {_end(ended)}, not with exit code 2.",
            "Raise one of beir_hybrid.errors where something cannot be done, and take no unknown options.",
        )
        return ended

    def _run(self, *words: str) -> Result:
        self.registered()
        return CliRunner().invoke(main, [self.name, *words])


def _end(ended: Result) -> str:
    if ended.exception is None or isinstance(ended.exception, SystemExit):
        return f"exit code {ended.exit_code}"
    return " ".join(f"{type(ended.exception).__name__}: {ended.exception}".split())
