"""The contract of commands: ours fulfil it."""

from typing import ClassVar

import pytest

from beir_hybrid.testing import CommandContract


class TestPlugins(CommandContract):
    name = "plugins"
    words: ClassVar = ("--check",)


class TestTrain(CommandContract):
    name = "train"


class TestEvaluate(CommandContract):
    name = "evaluate"
    refused: ClassVar = (("--dataset", "sample"), ("--model", "static", "--dataset", "no-such-dataset"))


def test_module_that_imports_too_much_is_told(plug_in):
    module = 'import click, numpy\n@click.command()\ndef lavish():\n    "Say nothing."'
    plug_in("zoo", "beir_hybrid.commands", {"lavish": "zoo_lavish:lavish"}, zoo_lavish=module)
    contract = type("TestLavish", (CommandContract,), {"name": "lavish"})()
    with pytest.raises(pytest.fail.Exception, match=r"zoo_lavish imports numpy\. Import inside the function\."):
        contract.test_module_imports_nothing_heavy()
