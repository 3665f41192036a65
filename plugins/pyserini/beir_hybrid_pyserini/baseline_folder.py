"""The folder of a BM25 baseline: indexes, runs, and what they were made from."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from beir_hybrid import DataFormatError, OutputError, Setting, shorten
from beir_hybrid.storage import check_output, file_checksum, new_file, parse_json, sync, write_json

logger = logging.getLogger(__name__)

_SCHEMA = 1
_ABOUT = "bm25.json"
_TAG = "bm25"
_BLANK = re.compile(r"\s")


class BaselineFolder:
    """A folder with ``indexes/NAME``, ``runs/SETTING.trec`` and ``bm25.json``.

    Args:
        folder: The folder; it need not exist.
        dataset: Name of the dataset that it is for.

    Raises:
        OutputError: If it is a file, cannot be written, holds a baseline of another dataset, or a ``bm25.json`` that is
            not ours.
    """

    def __init__(self, folder: Path, dataset: str) -> None:
        check_output(folder, "folder")
        self.folder = folder
        self.dataset = dataset
        self._runs: dict[str, Any] = {}
        self.load()

    def load(self) -> None:
        """Read ``bm25.json`` again, such as after waiting for another process.

        Raises:
            OutputError: If it is another dataset's, or not ours.
        """
        folder, dataset = self.folder, self.dataset
        path = folder / _ABOUT
        if not path.exists():
            return
        try:
            about = parse_json(path.read_text(encoding="utf-8"))
            if about["schema"] != _SCHEMA:
                raise ValueError(f"its schema version is {about['schema']}")
            other, self._runs = str(about["dataset"]), dict(about["runs"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(f"{path} is not ours: {error}.", "Choose another folder.") from error
        if other != dataset:
            raise OutputError(f"{folder} holds a baseline of {other}, not of {dataset}.", "Choose another folder.")

    def index(self, name: str) -> Path:
        """Return the place of an index."""
        return self.folder / "indexes" / name

    def run(self, setting: Setting) -> Path:
        """Return the place of a run."""
        return self.folder / "runs" / f"{setting.name}.trec"

    def runs(self, settings: Iterable[Setting]) -> dict[str, Path]:
        """Return the places of runs by the names of their settings."""
        return {setting.name: self.run(setting) for setting in settings}

    def check(self, wanted: Mapping[Setting, Mapping[str, Any]], overwrite: bool) -> None:
        """Refuse to replace runs, unless they may be or are just what is wanted; warn of those that are damaged.

        Args:
            wanted: What the run of each setting is made from.
            overwrite: Whether runs may be replaced.

        Raises:
            OutputError: If another run is in the way.
        """
        for setting, about in wanted.items():
            path = self.run(setting)
            if path.exists() and not path.is_file():
                raise OutputError(f"{path} is no file.", "Choose another folder.")
            if not path.exists() or self.has_run(setting, about):
                continue
            if self._is_recorded(setting, about):
                logger.warning("%s is damaged (it has another checksum) and is written again.", path)
            elif not overwrite:
                raise OutputError(f"{path} is another run.", "Choose another folder, or give --overwrite.")

    def has_run(self, setting: Setting, about: Mapping[str, Any]) -> bool:
        """Return whether a run is there, whole, made from just that."""
        path = self.run(setting)
        if not path.is_file() or not self._is_recorded(setting, about):
            return False
        return bool(self._runs[setting.name]["checksum"] == file_checksum(path))

    def _is_recorded(self, setting: Setting, about: Mapping[str, Any]) -> bool:
        """Return whether a run was made from just that, whatever has become of it."""
        recorded = self._runs.get(setting.name)
        return (
            isinstance(recorded, Mapping)
            and "checksum" in recorded
            and {key: value for key, value in recorded.items() if key != "checksum"} == dict(about)
        )

    def write_run(
        self, setting: Setting, rows: Iterable[tuple[str, list[tuple[str, float]]]], about: Mapping[str, Any]
    ) -> int:
        """Write a TREC run, whole or not at all, and before it what it is made from.

        A process that is killed between the two has recorded a run that is not there: it is written by the next one.

        Args:
            setting: Whose run.
            rows: Query ids, each with document ids and scores by rank.
            about: What it is made from.

        Returns:
            How many queries have a passage in it.

        Raises:
            DataFormatError: If a query id has a blank, which would be read as the next column.
            OutputError: If it cannot be written.
        """
        path, answered = self.run(setting), 0
        with new_file(path) as temporary:
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                for query, hits in rows:
                    if _BLANK.search(query) or not query:
                        raise DataFormatError(
                            f"The query id {shorten(query)} is empty or has a blank, which splits it in a run.",
                            "Change that id.",
                        )
                    answered += bool(hits)
                    ranked = enumerate(hits, start=1)
                    file.writelines(f"{query} Q0 {doc} {rank} {score!r} {_TAG}\n" for rank, (doc, score) in ranked)
            sync(temporary)
            self._runs[setting.name] = {**about, "checksum": file_checksum(temporary)}
            write_json(self.folder / _ABOUT, {"schema": _SCHEMA, "dataset": self.dataset, "runs": self._runs})
        return answered
