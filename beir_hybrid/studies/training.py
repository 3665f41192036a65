"""One cell's training and evaluations, in the process that does them."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.memory import peak_memory
from beir_hybrid.storage.run_folder import RunFolder
from beir_hybrid.studies.cell_folder import CellFolder
from beir_hybrid.studies.cost import CostMeter
from beir_hybrid.studies.record import CellCost
from beir_hybrid.training.train import TrainedModel, train

_TRAINING = ".training"
"""Folder within the cell's in which it is trained."""


def run_cell(folder: Path, keep_model: bool = False, begun: float | None = None) -> None:
    """Train and evaluate the cell of a folder that holds its ``cell.json``.

    Args:
        folder: The cell's folder; gets the records of the training, ``evaluations/``, ``cost.json``, and
            ``done.json`` at the very end.
        keep_model: Whether the trained model stays there too.
        begun: ``time.perf_counter()`` from which the cell's seconds count; default: now.

    Raises:
        BeirHybridError: Any of its leaves.
        OSError: If the disk is full.
    """
    begun = time.perf_counter() if begun is None else begun
    kept = CellFolder(folder)
    cell = kept.cell()
    meter = CostMeter()
    scratch = folder / _TRAINING
    shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
    trained = train(replace(cell.request, output=scratch), callbacks=[meter])
    RunFolder(scratch).move(folder, model=keep_model)
    start = time.perf_counter()
    encoder = Encoder(trained.model)
    for trial in cell.trials:
        replace(trial.run(encoder, cell.name), quick=cell.quick).save(kept.evaluation(trial.name))
    evaluated = time.perf_counter() - start
    kept.finish(_cost(trained, meter, evaluated), time.perf_counter() - begun)


def _cost(trained: TrainedModel, meter: CostMeter, evaluated: float) -> CellCost:
    device, flops = str(trained.model.device), meter.flops()
    return CellCost(
        seconds={"train": round(trained.seconds, 3), "evaluate": round(evaluated, 3)},
        steps=trained.steps,
        examples=trained.drawn.all_examples,
        tokens=meter.tokens,
        peak_memory_bytes=peak_memory(device),
        flops=flops.total,
        flops_note=flops.note,
        device=device,
    )
