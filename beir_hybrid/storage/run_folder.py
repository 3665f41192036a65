"""RunFolder: what a training run keeps on disk, written so that it can be killed at any moment."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.storage.files import json_or_none, write_json
from beir_hybrid.storage.locks import LOCK

RUN_FILE = "run.json"
"""Written when a run starts: its request. Marks a folder as a training run."""

SUMMARY_FILE = "training.json"
"""Written when a run ends: steps, seconds, and the checkpoint that was selected."""

BATCHES_FILE = "batches.json"
"""Beside every saved model: the plan's identity and what was drawn."""

HISTORY_FILE = "history.json"
"""Written when a run ends: what the host logged at which step, of training and of evaluation."""

LOSS_OF = "loss_"
"""Before a kind's name in that log: the mean loss of the kind's batches since the log before."""

RECORDS = (RUN_FILE, SUMMARY_FILE, BATCHES_FILE, HISTORY_FILE)
"""Files that describe a run and are no part of its model."""

MODEL_FILE = "modules.json"
"""Written last of all: with it, the folder is a model and the run is finished."""

_SAVING = ".saving"
_NEVER_COMPARED = {"output", "overwrite", "resume", "source", "check_against"}


class RunFolder:
    """A folder with ``run.json``, ``checkpoints/``, and in the end the model and the other :data:`RECORDS`.

    Args:
        path: The folder, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def checkpoints(self) -> Path:
        """The host's output folder."""
        return self.path / "checkpoints"

    def is_unstarted(self) -> bool:
        """Return whether it is empty except for what a run that was killed before its ``run.json`` may leave."""
        return all(
            entry.name == LOCK or _is_temporary(entry) or (entry == self.checkpoints and _is_hollow(entry))
            for entry in self.path.iterdir()
        )

    def is_finished(self) -> bool:
        """Return whether its run has ended."""
        return (self.path / MODEL_FILE).is_file()

    def run(self) -> dict[str, dict[str, Any]] | None:
        """Return the content of ``run.json``; None if the folder holds no training run: others write a run.json too."""
        content = json_or_none(self.path / RUN_FILE) or {}
        return content if {"schema", "options", "arguments"} <= content.keys() else None

    def check_same_options(self, options: Mapping[str, Any]) -> None:
        """Raise an error if the run is to be resumed with other options than it was started with.

        Args:
            options: As :meth:`start` took them.

        Raises:
            ConfigurationError: If some differ; the message names each with both values.
        """
        run = self.run()
        if run is None:  # there is nothing to resume, or the first of several processes has refused
            return
        before, now = run["options"], json.loads(json.dumps(options))
        changed = [
            f"{name}: {before.get(name)!r} before, {now[name]!r} now"
            for name in now
            if name not in _NEVER_COMPARED and before.get(name) != now[name]
        ]
        if changed:
            raise ConfigurationError(
                f"The run in {self.path} was started with other options ({'; '.join(changed)}).",
                "Resume with the same ones, or with --force_resume True.",
            )

    def start(self, options: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
        """Write ``run.json``; an earlier run's stays until all else of that run is gone.

        Args:
            options: What was asked for, as plain JSON content; ``overwrite`` says whether to remove an earlier run.
            arguments: The training arguments, likewise.

        Raises:
            OutputError: If it cannot be written.
        """
        for entry in self._by_model_file(self.path) if self.path.is_dir() else []:
            earlier = options["overwrite"] and entry.name not in {LOCK, RUN_FILE}
            if earlier or _is_temporary(entry):
                _remove(entry)
        write_json(self.path / RUN_FILE, {"schema": 1, "options": dict(options), "arguments": dict(arguments)})

    def abandon(self) -> None:
        """Remove what is left of a run that the host refused before its first step."""
        for path in (self.checkpoints, self.path / RUN_FILE):
            _remove(path)

    def save(
        self, save_model: Callable[[str], None], summary: Mapping[str, Any], log: Sequence[Mapping[str, Any]]
    ) -> None:
        """Save the model beside the folder's files and move it in.

        ``modules.json`` comes last, so that a folder loads, and a run is finished, only when all is there.

        Args:
            save_model: Saves the model to a folder, as the Trainer's ``save_model`` does.
            summary: Content of ``training.json``.
            log: The Trainer's log: a mapping for each entry.

        Raises:
            OutputError: If something cannot be written.
        """
        temporary = self.path / _SAVING
        shutil.rmtree(temporary, ignore_errors=True)  # of a run that was killed while it saved
        save_model(str(temporary))
        (temporary / "training_args.bin").unlink(missing_ok=True)  # a pickle; run.json holds the same
        write_json(temporary / HISTORY_FILE, _history(log))
        write_json(temporary / SUMMARY_FILE, {"schema": 1, **summary})
        *others, last = self._by_model_file(temporary, reverse=True)
        for entry in others:
            target = self.path / entry.name
            if entry.is_dir() and target.is_dir():
                shutil.rmtree(target)
            entry.replace(target)
        for entry in self.path.iterdir():
            if _is_temporary(entry):
                _remove(entry)
        waiting = last.replace(self.path / f".{MODEL_FILE}.tmp")
        temporary.rmdir()
        waiting.replace(self.path / MODEL_FILE)

    def move(self, target: Path, model: bool) -> None:
        """Move the :data:`RECORDS`, and if wanted all else, into another folder, and remove the rest.

        Args:
            target: The folder.
            model: Whether the model and all else is moved, too; ``modules.json`` comes last.

        Raises:
            OutputError: If something cannot be written.
        """
        for entry in self._by_model_file(self.path, reverse=True):
            if model or entry.name in RECORDS:
                place = target / entry.name
                if place.is_dir():
                    shutil.rmtree(place)
                try:
                    entry.replace(place)
                except OSError as error:
                    raise OutputError(f"{place} cannot be written: {error.strerror}.", "Check the disk.") from error
        shutil.rmtree(self.path)

    @staticmethod
    def _by_model_file(folder: Path, reverse: bool = False) -> list[Path]:
        """List a folder, ``modules.json`` first or last."""
        return sorted(folder.iterdir(), key=lambda entry: entry.name != MODEL_FILE, reverse=reverse)


def _is_temporary(path: Path) -> bool:
    """Return whether a file was being written when its process was killed."""
    return path.name.startswith((f".{RUN_FILE}.", f".{MODEL_FILE}.")) and path.suffix == ".tmp"


def _is_hollow(path: Path) -> bool:
    return path.is_dir() and not any(entry.is_file() for entry in path.rglob("*"))


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {error.strerror}.", "Check its permissions.") from error


def _history(log: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Divide the log into that of training and that of evaluation, without the summary at the end."""
    evaluations = [dict(row) for row in log if any(name.startswith("eval_") for name in row)]
    return {"schema": 1, "log": [dict(row) for row in log if "loss" in row], "eval": evaluations}
