"""Translates pairs into a folder; told to, it is killed after its first batch."""

import os
import signal
import sys
from pathlib import Path

from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.translating import TranslationMemory, TranslationOptions, translate_pairs

sys.path.insert(0, str(Path(__file__).parent))
from toy_translator import Upper

folder, what = Path(sys.argv[1]), sys.argv[2]
pairs = ParallelPairs.from_pairs(
    "pairs", [Pair(f"g{number}", "en", f"question {number}", f"passage {number}.") for number in range(50)]
)
add = TranslationMemory.add


def killed(self, translations):
    add(self, translations)
    if translations:
        self._writer.write(b"half of a record")
        self._writer.flush()
        os.kill(os.getpid(), signal.SIGKILL)


if what == "kill":
    TranslationMemory.add = killed
upper = Upper()
name = "store" if what == "kill" else what
options = TranslationOptions("en", ("de", "sw"), batch_tokens=64)
translate_pairs(pairs, lambda: upper, folder / name, options, memory=folder / f"memory-{name}", name="pairs")
sys.stdout.write(str(sum(map(len, upper.seen))))
