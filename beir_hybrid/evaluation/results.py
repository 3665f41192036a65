"""Results: what an evaluation found, and its file."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from beir_hybrid.errors import DataFormatError, MissingDataError, OutputError
from beir_hybrid.files import write_json

__all__ = ["SCHEMA", "Results", "check_output", "environment"]

SCHEMA = 1


@dataclass(frozen=True)
class Results:
    """What an evaluation found.

    Attributes:
        dataset: Name of the collection.
        model: Name or folder of the model.
        passage_text: What the passages' texts consist of.
        languages: The collection's languages.
        scores: Macro means over the settings of each kind: ``{"mono": {"map": ...}, "cross": ..., "multi": ...}``.
        settings: By setting name, the number of ``queries`` and the mean of each measure over them.
        environment: Versions, device and seconds per stage.
    """

    dataset: str
    model: str
    passage_text: str
    languages: tuple[str, ...]
    scores: dict[str, dict[str, float]]
    settings: dict[str, dict[str, float]]
    environment: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> Path:
        """Write ``results.json`` into a folder, whole or not at all, and give its path."""
        path = folder / "results.json"
        write_json(path, {"schema": SCHEMA, **asdict(self)})
        return path

    @classmethod
    def load(cls, folder: Path) -> Results:
        """Read ``results.json`` of a folder.

        Raises:
            MissingDataError: If the folder holds none.
            DataFormatError: If it is cut off or of another schema version.
        """
        path = folder / "results.json"
        if not path.is_file():
            raise MissingDataError(f"{folder} holds no results.json.", "Run beir-hybrid evaluate with --output.")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataFormatError(f"{path} is no JSON: {error}.", "Evaluate again.") from error
        if not isinstance(content, dict) or content.pop("schema", None) != SCHEMA:
            raise DataFormatError(f"{path} is not of schema version {SCHEMA}.", "Evaluate again.")
        try:
            return cls(**{**content, "languages": tuple(content["languages"])})
        except (KeyError, TypeError) as error:
            raise DataFormatError(f"{path} lacks or adds a field: {error}.", "Evaluate again.") from error


def check_output(folder: Path | None, overwrite: bool) -> None:
    """Refuse a folder that holds results already, before anything is computed.

    Raises:
        OutputError: If it does and they may not be replaced, or the path is no folder.
    """
    if folder is None:
        return
    above = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not above.is_dir():
        raise OutputError(f"{above} is a file.", "Choose a folder: --output DIR")
    if (folder / "results.json").exists() and not overwrite:
        raise OutputError(f"The folder {folder} holds other results.", "Choose another folder, or give --overwrite.")


def environment(device: str, seconds: dict[str, float]) -> dict[str, Any]:
    """Describe where a run happened: versions of Python and of the packages that decide its numbers, and the times."""
    versions = {"python": platform.python_version()}
    for package in ("beir-hybrid", "torch", "transformers", "sentence-transformers", "numpy"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # run from a source tree that is not installed
            versions[package] = "unknown"
    return {"versions": versions, "device": device, "seconds": seconds}
