"""One cell's training and evaluations, in the process that does them."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from beir_hybrid.errors import OutputError
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.storage.files import write_json
from beir_hybrid.studies.cell import DONE_FILE, Cell
from beir_hybrid.studies.cost import CostMeter, peak_memory
from beir_hybrid.training.train import TrainedModel, train

_TRAINING = ".training"
"""Folder within the cell's in which it is trained."""


def run_cell(folder: Path, keep_model: bool = False, begun: float | None = None) -> None:
    """Train and evaluate the cell of a folder that holds its ``cell.json``.

    Args:
        folder: The cell's folder; gets what the training tells of itself, ``evaluations/``, ``cost.json``, and
            ``done.json`` at the very end.
        keep_model: Whether the trained model stays there too.
        begun: ``time.perf_counter()`` from which the cell's seconds count; default: now.

    Raises:
        BeirHybridError: Any of its leaves.
        OSError: If the disk is full.
    """
    begun = time.perf_counter() if begun is None else begun
    cell = Cell.load(folder)
    meter = CostMeter()
    scratch = folder / _TRAINING
    shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
    trained = train(cell.training(scratch), cell.words, [meter])
    _move(trained.folder, folder, keep_model)
    start = time.perf_counter()
    encoder = Encoder(trained.model)
    for trial in cell.trials:
        trial.run(encoder, cell.name).save(folder / "evaluations" / trial.name)
    evaluated = time.perf_counter() - start
    write_json(folder / "cost.json", _cost(trained, meter, evaluated))
    write_json(folder / DONE_FILE, {"schema": 1, "seconds": round(time.perf_counter() - begun, 3)})


def _cost(trained: TrainedModel, meter: CostMeter, evaluated: float) -> dict[str, object]:
    device, flops = str(trained.model.device), meter.flops()
    return {
        "schema": 1,
        "seconds": {"train": round(trained.seconds, 3), "evaluate": round(evaluated, 3)},
        "steps": trained.steps,
        "examples": trained.drawn.examples,
        "tokens": meter.tokens,
        "peak_memory_bytes": peak_memory(device),
        "flops": flops.total,
        "flops_note": flops.note,
        "device": device,
    }


def _move(source: Path, folder: Path, everything: bool) -> None:
    """Move what the training wrote into the cell's folder: all of it, or what it tells of itself alone."""
    for path in sorted(source.iterdir(), key=lambda path: path.name == "modules.json"):
        if everything or path.name in {"run.json", "training.json", "batches.json", "history.json"}:
            target = folder / path.name
            if target.is_dir():
                shutil.rmtree(target)
            try:
                path.replace(target)
            except OSError as error:
                raise OutputError(f"{target} cannot be written: {error.strerror}.", "Check the disk.") from error
    shutil.rmtree(source)
