"""RunFolder: what a training run keeps on disk, written so that it can be killed at any moment."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.storage.files import parse_json, write_json
from beir_hybrid.storage.locks import LOCK

if TYPE_CHECKING:
    from beir_hybrid.training.arguments import HybridBatchTrainingArguments
    from beir_hybrid.training.options import TrainingOptions
    from beir_hybrid.training.trainer import HybridBatchTrainer


RUN_FILE = "run.json"
"""Written when a run starts: its options. Marks a folder as a run of ours."""

SUMMARY_FILE = "training.json"
"""Written when a run ends: steps, seconds, and the checkpoint that was selected."""

HISTORY_FILE = "history.json"
"""Written when a run ends: what the host logged at which step, of training and of evaluation."""

_MODEL_FILE = "modules.json"  # written last of all: with it, the folder is a model and the run is finished
_SAVING = ".saving"
_NEVER_COMPARED = {"output", "overwrite", "resume", "source"}


class RunFolder:
    """A folder with ``run.json``, ``checkpoints/``, and in the end the model and what the training tells of itself.

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
        """Return whether it is empty but for what a run that was killed before its ``run.json`` may leave."""
        return all(
            entry.name == LOCK or _is_temporary(entry) or (entry == self.checkpoints and _is_hollow(entry))
            for entry in self.path.iterdir()
        )

    def is_finished(self) -> bool:
        """Return whether its run has ended."""
        return (self.path / _MODEL_FILE).exists()

    def run(self) -> dict[str, dict[str, object]] | None:
        """Read what its run was asked for; None if it holds no run of ours: others may write a run.json too."""
        try:
            content = parse_json((self.path / RUN_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content if isinstance(content, dict) and {"schema", "options", "arguments"} <= content.keys() else None

    def check_same_options(self, options: TrainingOptions) -> None:
        """Refuse to go on with other options than the run was started with.

        Raises:
            ConfigurationError: If some differ; the message names each with both values.
        """
        run = self.run()
        if run is None:  # there is nothing to go on with, or the first of several processes has told
            return
        before, now = run["options"], json.loads(json.dumps(options.to_dict()))
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

    def start(self, options: TrainingOptions, arguments: HybridBatchTrainingArguments) -> None:
        """Write ``run.json``; an earlier run's stays until all else of that run is gone.

        Raises:
            OutputError: If it cannot be written.
        """
        for entry in self._by_model_file(self.path) if self.path.is_dir() else []:
            earlier = options.overwrite and entry.name not in {LOCK, RUN_FILE}
            if earlier or _is_temporary(entry):
                _remove(entry)
        as_json = arguments.to_json_string()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        content = {"schema": 1, "options": options.to_dict(), "arguments": json.loads(as_json)}
        write_json(self.path / RUN_FILE, content)

    def abandon(self) -> None:
        """Remove what a run left that the host refused before its first step."""
        for path in (self.checkpoints, self.path / RUN_FILE):
            _remove(path)

    def save(self, trainer: HybridBatchTrainer, summary: Mapping[str, Any]) -> None:
        """Save the model beside the folder's files and move it in.

        ``modules.json`` comes last, so that a folder loads, and a run is finished, only when all is there.

        Args:
            trainer: Holds the model, and what was logged.
            summary: What is told of the training.

        Raises:
            OutputError: If something cannot be written.
        """
        temporary = self.path / _SAVING
        shutil.rmtree(temporary, ignore_errors=True)  # of a run that was killed while it saved
        trainer.save_model(str(temporary))
        (temporary / "training_args.bin").unlink(missing_ok=True)  # a pickle; run.json tells the same
        write_json(temporary / HISTORY_FILE, _history(trainer.state.log_history))
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
        waiting = last.replace(self.path / f".{_MODEL_FILE}.tmp")
        temporary.rmdir()
        waiting.replace(self.path / _MODEL_FILE)

    @staticmethod
    def _by_model_file(folder: Path, reverse: bool = False) -> list[Path]:
        """List a folder, ``modules.json`` first or last."""
        return sorted(folder.iterdir(), key=lambda entry: entry.name != _MODEL_FILE, reverse=reverse)


def _is_temporary(path: Path) -> bool:
    """Return whether a file was being written when its process was killed."""
    return path.name.startswith((f".{RUN_FILE}.", f".{_MODEL_FILE}.")) and path.suffix == ".tmp"


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


def _history(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Part what was logged in training from what was in evaluation; leave out the summary at the end."""
    evaluations = [dict(row) for row in rows if any(name.startswith("eval_") for name in row)]
    return {"schema": 1, "log": [dict(row) for row in rows if "loss" in row], "eval": evaluations}
