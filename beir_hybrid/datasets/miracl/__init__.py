"""MIRACL: its files, formats and subsets."""
