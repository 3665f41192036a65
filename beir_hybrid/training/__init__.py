"""Training: base models, options, and the run itself, on sentence-transformers' Trainer."""
