"""Mines negatives into a folder; told to, it is killed after its first chunk."""

import os
import signal
import sys
from pathlib import Path

import torch

from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.mining import MiningOptions, Source
from beir_hybrid.mining import mine as mining
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.training.base_models import static_model

if __name__ == "__main__":
    folder, what = Path(sys.argv[1]), sys.argv[2]
    rows = [Pair(f"g{n}", c, f"{c} question {n}", f"{c} passage {n}") for n in range(30) for c in ("de", "en")]
    pairs = ParallelPairs.from_pairs("pairs", rows)
    work = mining.MiningWork.__call__

    def killed(self, chunk):
        work(self, chunk)
        os.kill(os.getpid(), signal.SIGKILL)

    if what == "kill":
        mining.MiningWork.__call__ = killed
    torch.manual_seed(0)  # the same model each time
    name = "store" if what == "kill" else what
    source = Source(Encoder(static_model(pairs, 8)))
    mining.mine_negatives(pairs, source, folder / name, MiningOptions(3, margin=None), name="pairs")
