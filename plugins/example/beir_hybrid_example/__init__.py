"""The smallest plug-in of beir-hybrid: a dataset, a strategy, a measure, a host and a command."""
