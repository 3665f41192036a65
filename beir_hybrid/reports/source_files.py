"""Files that a report reads: checked, so that what shows them need not ask again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.results import Results
from beir_hybrid.storage.files import parse_json

SCHEMA = 1


def read_object(path: Path, optional: bool = False) -> dict[str, Any]:
    """Read a JSON object of our schema version.

    Args:
        path: The file.
        optional: Whether a file that is missing is an empty object.

    Raises:
        DataFormatError: If it is missing, damaged or of another schema version.
    """
    if optional and not path.is_file():
        return {}
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataFormatError(f"{path} cannot be read: {error}.", "Make it again.") from error
    version = content.get("schema", SCHEMA) if isinstance(content, dict) else None
    if version != SCHEMA:
        raise DataFormatError(f"{path} is not of schema version {SCHEMA}.", "Make it again with this version.")
    return dict(content)


def comparison_key(results: Results) -> str:
    """Tell what was evaluated: results of one key are of the same data, texts and settings."""
    told = [results.dataset, results.passage_text, sorted(results.data.items()), sorted(results.settings)]
    return json.dumps(told, default=str)
