"""Workers on a Ray cluster, for beir-hybrid."""

__version__ = "0.1.0"
