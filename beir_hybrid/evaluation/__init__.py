"""Evaluation: one encoding, scored in every setting."""
