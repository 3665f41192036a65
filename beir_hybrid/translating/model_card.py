"""What a model's card says about its licence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def licence_of(model: str) -> str:
    """Read the licence of a model off its card.

    Args:
        model: Its folder, or its name on the Hugging Face hub.

    Returns:
        Such as ``cc-by-nc-4.0``; empty if the card does not say, or there is none.
    """
    path = Path(model)
    if not path.is_dir():
        path = _downloaded(model)
    try:
        text = (path / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    _, dashes, rest = text.partition("---\n")
    try:
        content: Any = yaml.safe_load(rest.partition("\n---")[0]) if dashes and text.startswith("---") else None
    except yaml.YAMLError:
        return ""
    given = content.get("license_name") or content.get("license") if isinstance(content, dict) else None
    names = given if isinstance(given, list) else [given]
    return ", ".join(str(name) for name in names if name)


def _downloaded(name: str) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(name, "README.md")).parent
    except Exception:  # no network, no card, no such name: whatever the host raises, no licence is known
        return Path(name)
