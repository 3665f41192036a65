"""The smallest plug-in of beir-hybrid: a dataset, a strategy and a measure."""
