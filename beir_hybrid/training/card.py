"""The model card's section on how batches were drawn."""

from __future__ import annotations

from pathlib import Path

from beir_hybrid.batching.summary import DrawSummary
from beir_hybrid.files import write_text
from beir_hybrid.pairs import ParallelPairs
from beir_hybrid.training.options import TrainingOptions

__all__ = ["write_card"]

_BEFORE = "## Usage"  # the host's card goes on here


def write_card(path: Path, options: TrainingOptions, pairs: ParallelPairs, drawn: DrawSummary) -> None:
    """Add our section to the card that the host wrote.

    Args:
        path: The card; made if there is none.
        options: The run's options.
        pairs: The training data.
        drawn: What was drawn.
    """
    card = path.read_text(encoding="utf-8") if path.is_file() else "# Model\n\n"
    head, found, tail = card.partition(_BEFORE)
    write_text(path, f"{head}{_section(options, pairs, drawn)}\n\n{found}{tail}")


def _section(options: TrainingOptions, pairs: ParallelPairs, drawn: DrawSummary) -> str:
    prefixes = f"`{options.query_prefix}` and `{options.passage_prefix}`"
    return "\n".join(
        [
            "## Batches",
            "",
            "Trained with planned batches by beir-hybrid, after "
            "[Elmahdy et al., 2024](https://arxiv.org/abs/2408.10536).",
            "",
            f"- **Strategy:** `{drawn.strategy}`",
            f"- **Data:** {pairs.name}, {len(pairs.groups)} groups, {len(pairs)} question-passage pairs",
            f"- **Languages:** {', '.join(pairs.languages)}",
            f"- **Base model:** `{options.model}`",
            f"- **Prefixes:** {prefixes}, stored as the prompts `query` and `document`",
            f"- **Scale:** {options.scale:g}",
            "",
            drawn.to_markdown(),
        ]
    )
