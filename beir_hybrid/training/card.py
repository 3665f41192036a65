"""The model card's section on how batches were drawn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.storage.files import write_text

_BEFORE = "## Usage"  # the host's card continues here


def add_to_card(path: Path, drawn: DrawSummary, details: Mapping[str, str] | None = None) -> None:
    """Add our section to the card that the host wrote.

    Args:
        path: The card; made if there is none.
        drawn: What was drawn.
        details: Further lines, such as the data, by heading.
    """
    card = path.read_text(encoding="utf-8") if path.is_file() else "# Model\n\n"
    head, usage, tail = card.partition(_BEFORE)
    lines = [
        "## Batches",
        "",
        "Trained with planned batches by beir-hybrid, after [Elmahdy et al., 2024](https://arxiv.org/abs/2408.10536).",
        "",
        f"- **Strategy:** `{drawn.strategy}`",
        *(f"- **{heading}:** {text}" for heading, text in (details or {}).items()),
        "",
        drawn.to_markdown(),
        "",
        "",
    ]
    write_text(path, head + "\n".join(lines) + usage + tail)
