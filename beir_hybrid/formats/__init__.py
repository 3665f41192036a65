"""Formats: training data as others write them, one file each, recognised by their content."""
