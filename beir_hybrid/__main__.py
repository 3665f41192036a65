"""``python -m beir_hybrid`` is the command ``beir-hybrid``, for where its script is not on the path."""

from __future__ import annotations

from beir_hybrid.cli.main import main

if __name__ == "__main__":
    main(prog_name="python -m beir_hybrid")
