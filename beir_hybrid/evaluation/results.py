"""Results: what an evaluation found, and its file."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import DataFormatError, MissingDataError, OutputError
from beir_hybrid.settings import Setting, parse_setting
from beir_hybrid.storage.files import check_output, parse_json, write_json

if TYPE_CHECKING:
    from beir_hybrid.evaluation.query_values import Format, QueryValues


SCHEMA = 1


@dataclass(frozen=True)
class Results:
    """What an evaluation found.

    Attributes:
        dataset: Name of the collection.
        model: Name or folder of the model, or of the run.
        passage_text: What the passages' texts consist of.
        languages: The collection's languages.
        scores: Macro means over the settings of each kind, every setting counting once:
            ``{"mono": {"map": ...}, "cross": ..., "multi": ...}``.
        settings: By setting name, the number of ``queries`` and the mean of each measure over them.
        micro: Micro means over the queries of each kind's settings, every query counting once.
        intervals: 95 % intervals ``[low, high]`` of ``scores`` and ``settings``, under these two names; see
            :func:`~beir_hybrid.evaluation.statistics.significance.intervals`.
        undefined: By setting name and measure, how many queries have no value and are not in the mean; only those
            above 0.
        ties: By kind of setting, the share of queries with another passage level with a relevant one.
        passages: Number of passages by language.
        data: Checksums of ``queries``, ``passages`` and ``qrels``, which tell whether two results may be compared.
        translations: How translations of a question are known (``rule``: ``metadata.group``, ``equal ids``,
            ``dataset`` or ``none``), how many queries are ``linked`` to one, and of how many ``queries``; empty where
            all are of one language.
        notes: What a reader must know to judge the numbers.
        environment: Versions, device and seconds per stage.
        values: The value of every query, where it was asked for; in a file of its own.
    """

    dataset: str
    model: str
    passage_text: str
    languages: tuple[str, ...]
    scores: dict[str, dict[str, float]]
    settings: dict[str, dict[str, float]]
    micro: dict[str, dict[str, float]] = field(default_factory=dict)
    intervals: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    undefined: dict[str, dict[str, int]] = field(default_factory=dict)
    ties: dict[str, float] = field(default_factory=dict)
    passages: dict[str, int] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    translations: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    environment: dict[str, Any] = field(default_factory=dict)
    values: QueryValues | None = field(default=None, compare=False, repr=False)

    def parsed_settings(self) -> dict[str, Setting]:
        """Give by name what the settings' names stand for."""
        parsed = {name: parse_setting(name, self.languages) for name in self.settings}
        return {name: setting for name, setting in parsed.items() if setting is not None}

    def save(self, folder: Path, per_query: Format = "parquet") -> Path:
        """Write ``results.json``, and the values of the queries beside it, each whole or not at all.

        Args:
            folder: Where to.
            per_query: Format of the values' file, ``parquet`` or ``jsonl``.

        Returns:
            The path of ``results.json``.
        """
        path = folder / "results.json"
        if self.values is not None:
            self.values.save(folder, per_query)
        content = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "values"}
        write_json(path, {"schema": SCHEMA, **content})
        return path

    @classmethod
    def load(cls, folder: Path) -> Results:
        """Read ``results.json`` of a folder; :func:`~.result_folders.read_results` checks its numbers, too.

        Raises:
            MissingDataError: If the folder holds none.
            DataFormatError: If it is cut off or of another schema version.
        """
        path = folder / "results.json"
        if not path.is_file():
            problem = f"{folder} holds no results.json." if folder.is_dir() else f"There is no folder {folder}."
            inside = [found.parent for found in sorted(folder.glob("*/results.json"))]
            wanted = (
                f"Give {inside[0]}, which does." if inside else "Give one that beir-hybrid evaluate --output wrote."
            )
            raise MissingDataError(problem, wanted)
        try:
            content = parse_json(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise DataFormatError(f"{path} is no JSON: {error}.", "Evaluate again.") from error
        if not isinstance(content, dict) or content.pop("schema", None) != SCHEMA:
            raise DataFormatError(f"{path} is not of schema version {SCHEMA}.", "Evaluate again.")
        try:
            lists = {name: tuple(content[name]) for name in ("languages", "notes") if name in content}
            return cls(**{**content, **lists})
        except (KeyError, TypeError) as error:
            raise DataFormatError(f"{path} lacks or adds a field: {error}.", "Evaluate again.") from error


def check_results(folder: Path | None, overwrite: bool, per_query: Format = "parquet") -> None:
    """Refuse a folder that holds results already or cannot be written, before anything is computed.

    Args:
        folder: Where results shall be saved; None for nowhere.
        overwrite: Whether results that are there may be replaced.
        per_query: Format of the values' file.

    Raises:
        OutputError: If so.
    """
    if folder is None:
        return
    check_output(folder, "folder")
    for name in ("results.json", f"queries.{per_query}"):
        check_output(folder / name, "file")
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
