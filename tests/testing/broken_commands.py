"""The contract of commands, for commands that break it."""

import toy_commands

from beir_hybrid.testing import CommandContract

for thing in toy_commands.COMMANDS:
    globals()[f"Test{thing.name.capitalize()}"] = type(
        f"Test{thing.name.capitalize()}",
        (CommandContract,),
        {"name": thing.name, "words": (), "refused": (("--number", "-1"),), "__module__": __name__},
    )
