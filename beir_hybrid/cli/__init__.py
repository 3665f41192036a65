"""The command line: one click command per file, no logic; and the options that commands of plug-ins share with ours."""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
