"""Files that a report reads: checked, so that what shows them need not ask again."""

from __future__ import annotations

import json

from beir_hybrid.evaluation.results import Results


def comparison_key(results: Results) -> str:
    """Return what was evaluated: results of one key are of the same data, texts and settings."""
    evaluated = [results.dataset, results.passage_text, sorted(results.data.items()), sorted(results.settings)]
    return json.dumps(evaluated, default=str)
