"""Attempt: a training from the host's first look at its arguments to the saved model, and how it ended if not well."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from beir_hybrid.errors import BeirHybridError, ConfigurationError, OutputError, WorkerError
from beir_hybrid.storage.files import no_room
from beir_hybrid.storage.run_folder import RunFolder
from beir_hybrid.training.checkpoints import latest_step
from beir_hybrid.training.processes import launched_processes

if TYPE_CHECKING:
    from beir_hybrid.training.trainer import HybridBatchTrainer


_SHOWN = 8  # arguments in a message
_LONGEST = 400  # letters of the host's words
_LOST = re.compile(r"connection (closed|reset|refused)|broken pipe|ncclRemoteError", re.IGNORECASE)  # of gloo and NCCL
_PLAIN = (ValueError, TypeError, RuntimeError, ImportError)  # their words are understood without their names


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C, or a signal to end, while a model trained.

    Args:
        problem: How far it was, and what is kept.
        started: Whether its folder holds a run that can be resumed.
    """

    def __init__(self, problem: str, started: bool) -> None:
        super().__init__(problem)
        self.problem = problem
        self.started = started


class Attempt:
    """Watches over a training, as a context manager.

    What the host refuses before the end of the first step is taken for a fault of the arguments: the error is one line,
    and the folder is left as it was, so that the corrected request works. After a full disk and an interruption the
    error says what is kept. Other errors pass as they are.

    Args:
        folder: The run's folder.
        arguments: Names of the training arguments that were given, for messages.
        writes: Whether this process writes into the folder.
    """

    def __init__(self, folder: RunFolder, arguments: Sequence[str], writes: bool = True) -> None:
        self.folder = folder
        self.arguments = arguments
        self.writes = writes
        self.trainer: HybridBatchTrainer | None = None
        self._before = 0  # steps taken before it began
        self._written = False  # whether run.json is this attempt's
        self._resumed = False

    def watch(self, trainer: HybridBatchTrainer, start: Callable[[], None] | None, before: int = 0) -> None:
        """Follow a trainer.

        Args:
            trainer: Is about to train.
            start: Writes the run's first file; called by who writes, once the host has accepted everything. None
                if the run is resumed from a checkpoint.
            before: Steps until that checkpoint.
        """
        self.trainer, self._before, self._resumed = trainer, before, start is None
        # first of all, before other callbacks write into the folder
        trainer.callback_handler.callbacks.insert(0, _Begin(self, start))

    def begin(self, start: Callable[[], None] | None) -> None:
        """Write the first file, once: the host begins anew where it looks for a batch size."""
        if start is not None and not self._written and self.writes:
            start()
            self._written = True

    def __enter__(self) -> Attempt:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        step = 0 if self.trainer is None else int(self.trainer.state.global_step)
        if isinstance(error, KeyboardInterrupt):
            raise self._interruption(step) from error
        if isinstance(error, Exception) and step <= self._before:
            self._abandon()
            if not isinstance(error, BeirHybridError):
                raise self._refusal(error) from error
        elif why := no_room(error):
            problem = f"{self.folder.path} cannot be written: {why}."
            problem = error.problem if isinstance(error, BeirHybridError) else problem
            raise OutputError(problem, f"Make room there. {self._kept()}") from error
        elif launched_processes() > 1 and _LOST.search(str(error)):
            raise WorkerError(f"Another process of the run has ended after step {step}.", self._kept()) from error

    def _abandon(self) -> None:
        if not self.writes:
            return
        if self._written:
            self.folder.abandon()
        elif self.folder.checkpoints.is_dir() and not any(self.folder.checkpoints.iterdir()):
            self.folder.checkpoints.rmdir()  # which the host made for nothing

    def _refusal(self, error: Exception) -> BeirHybridError:
        text = " ".join(str(error).split())
        if not isinstance(error, _PLAIN) or not text:
            text = f"{type(error).__name__}: {text}".removesuffix(": ")
        if why := no_room(error):
            return OutputError(f"{self.folder.path} cannot be written: {why}.", "Make room there.")
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        what = "The run cannot be resumed" if self._resumed else "Training arguments"
        return ConfigurationError(f"{what}: {shown.rstrip('.')}.", self._fix(error))

    def _fix(self, error: Exception) -> str:
        """Name the arguments that the error or the host's failing lines mention, or else all that were given."""
        trace = "".join(traceback.format_exception(error))
        names = [name for name in self.arguments if name in trace] or self.arguments
        if not names:
            return "Check the model and the data."
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        shown = ", ".join(f"--{name}" for name in names[:_SHOWN])
        return f"Correct or leave out {'one of ' if len(names) > 1 else ''}{shown}{more}."

    def _interruption(self, step: int) -> TrainingInterrupted:
        started = self._written or self._resumed or not self.writes
        if self.trainer is None or not started:
            self._abandon()
            return TrainingInterrupted("Interrupted before the training began.", started=False)
        return TrainingInterrupted(
            f"Interrupted after step {step} of {self.trainer.state.max_steps}. {self._kept()}", started=True
        )

    def _kept(self) -> str:
        step = latest_step(self.folder.checkpoints)
        if step is None:
            return "No checkpoint was saved yet: --resume starts from the beginning."
        return f"The checkpoint of step {step} is kept: --resume continues from there."


class _Begin(TrainerCallback):
    """Notices the moment at which the host has accepted everything."""

    def __init__(self, attempt: Attempt, start: Callable[[], None] | None) -> None:
        self.attempt = attempt
        self.start = start

    def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
        self.attempt.begin(self.start)
