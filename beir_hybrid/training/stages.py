"""Stages: trainings of which each begins with the last one's model, resumable at any point."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from beir_hybrid.errors import BeirHybridError, ConfigurationError, OutputError
from beir_hybrid.storage.files import check_output, json_or_none, write_json
from beir_hybrid.storage.locks import LOCK, locked
from beir_hybrid.storage.run_folder import MODEL_FILE
from beir_hybrid.training.prepare import prepare, training_arguments
from beir_hybrid.training.processes import is_first_process, together
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import RunFinishedError, TrainedModel, train

STAGES_FILE = "stages.json"
"""Written when the first stage starts: the names of all. Marks a folder as one of stages."""

_OF_RUNS = ("checkpoints", "run.json", LOCK)
"""What a stage's folder holds besides its model and what describes it."""

Stage = tuple[str, TrainingRequest]
"""A stage's name and request, whose output is a folder in that of all stages."""


def train_stages(
    stages: Sequence[Stage], announce: Callable[[int, TrainedModel | None], None] | None = None
) -> TrainedModel:
    """Train one stage after the other, each in a folder of its own, and put the last one's model beside them.

    All are checked, as far as that is possible without their models, before the first begins. To resume, finished
    stages are kept, the interrupted one is continued from its latest checkpoint, and those after it are run.

    Args:
        stages: Their names and requests, of which each but the first has the output before as its model.
        announce: Told of each stage's number, from 1, and what came out; None if it was finished before.

    Returns:
        What the last stage trained, in the folder of all stages.

    Raises:
        RunFinishedError: If all that is to be resumed has ended.
        BeirHybridError: Any of its leaves, for anything that is wrong with one of them.
        TrainingInterrupted: A KeyboardInterrupt that says how far the training was.
    """
    root = stages[0][1].output.parent
    if is_first_process():
        _check_folder(root, stages)
    for number, (name, request) in enumerate(stages, 1):
        with _in_stage(number, name):
            training_arguments(request)  # from here on, the processes can speak with one another
    together(lambda: check_stages(stages))
    with ExitStack() as held:

        def claim() -> None:
            held.enter_context(locked(root, f"the stages in {root}"))
            _check_folder(root, stages)  # another process may have written meanwhile
            _start(root, stages)

        together(claim if is_first_process() else lambda: None)
        trained = None
        try:
            for number, (name, request) in enumerate(stages, 1):
                trained = _run(number, name, request, {"Stages": _told(stages, number)})
                if announce is not None and is_first_process():
                    announce(number, trained)
        finally:
            if is_first_process() and not any(request.output.exists() for _, request in stages):
                (root / STAGES_FILE).unlink(missing_ok=True)  # the host refused the first step
        together(lambda: _put(stages[-1][1].output, root) if is_first_process() else None)
    if trained is None:
        raise RunFinishedError(f"The stages in {root} are finished.", "Nothing is left to resume.")
    return replace(trained, folder=root)


def check_stages(stages: Sequence[Stage]) -> None:
    """Check all stages as far as that is possible without their models, each part of the data loaded once.

    Raises:
        BeirHybridError: Any of its leaves; the message names the stage.
    """
    loaded: dict[Hashable, Any] = {}
    for number, (name, request) in enumerate(stages, 1):
        with _in_stage(number, name):
            prepare(replace(request, model=stages[0][1].model), loaded)


def _run(number: int, name: str, request: TrainingRequest, notes: dict[str, str]) -> TrainedModel | None:
    """Train a stage; return None if it was finished before."""
    try:
        with _in_stage(number, name):
            return train(replace(request, overwrite=False), notes=notes)
    except RunFinishedError:
        return None


@contextmanager
def _in_stage(number: int, name: str) -> Iterator[None]:
    """Let errors say which stage they are about."""
    try:
        yield
    except RunFinishedError:
        raise
    except BeirHybridError as error:
        raise type(error)(f"Stage {number}, {name}: {error.problem}", error.fix) from error


def _told(stages: Sequence[Stage], current: int) -> str:
    """Return the stages up to one for its model card."""
    lines = [
        f"{number}. `{name}` ({request.strategy}, {request.loss or 'mnrl'} on {', '.join(request.sources)}"
        + (f", from `{request.model}`)" if number == 1 else ")")
        for number, (name, request) in enumerate(stages[:current], 1)
    ]
    return "; ".join(lines) + f"; of {len(stages)} in all, each from the model of the one before"


def _check_folder(root: Path, stages: Sequence[Stage]) -> None:
    """Raise an error for a folder of other things, or of stages that are neither resumed nor replaced."""
    check_output(root, "folder")
    if not root.is_dir() or all(entry.name == LOCK or _is_hollow(entry) for entry in root.iterdir()):
        return
    request, before = stages[0][1], json_or_none(root / STAGES_FILE)
    if before is None:
        raise OutputError(f"The folder {root} holds other things than stages.", "Choose a new folder: --output DIR")
    if not (request.resume or request.overwrite):
        raise OutputError(
            f"The folder {root} holds other stages.",
            "Choose another folder, resume them with --resume, or replace them with --overwrite.",
        )
    names = [name for name, _ in stages]
    if request.resume and before.get("stages") != names:
        raise ConfigurationError(
            f"The stages in {root} were {', '.join(map(str, before.get('stages', [])))}, now {', '.join(names)}.",
            "Resume with the same ones, or replace them with --overwrite.",
        )


def _is_hollow(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _start(root: Path, stages: Sequence[Stage]) -> None:
    """Remove earlier stages that are to be replaced, the file that marks the folder last; then write it."""
    if stages[0][1].overwrite:
        for entry in sorted(root.iterdir(), key=lambda entry: (entry.name == STAGES_FILE, entry.name != MODEL_FILE)):
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != LOCK:
                entry.unlink()
    if not (root / STAGES_FILE).is_file():
        write_json(root / STAGES_FILE, {"schema": 1, "stages": [name for name, _ in stages]})


def _put(stage: Path, root: Path) -> None:
    """Put a stage's model and what describes it into the folder of all: the same files, where the disk allows it."""
    if (root / MODEL_FILE).is_file():  # written last of all
        return
    entries = sorted(stage.iterdir(), key=lambda entry: entry.name == MODEL_FILE)
    for entry in entries:
        place = root / entry.name
        if entry.name in _OF_RUNS:
            continue
        if entry.is_dir():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(entry, place, copy_function=_link)
        else:
            place.unlink(missing_ok=True)
            _link(str(entry), str(place))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a disk without links to files
        shutil.copy2(source, target)
