import ast
import subprocess
import sys
from pathlib import Path


def test_mutated_files_are_read_or_refused_in_one_line():
    """A few hundred of the inputs that ``python tests/fuzz`` makes by the ten thousand."""
    command = [sys.executable, str(Path(__file__).parent / "fuzz"), "--inputs", "330"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    last = found.stdout.splitlines()[-1]
    assert last.startswith("All")
    assert last.endswith(" 0 found wrong")


def test_the_fuzz_tells_crashes_and_tracebacks_and_hangs_from_refusals(tmp_path):
    (tmp_path / "engine_trial.py").write_text(
        """
import os, signal, sys, time
sys.path.insert(0, sys.argv[1])
import engine
from beir_hybrid.errors import DataFormatError

engine.SECONDS = 2

def refuse():
    raise DataFormatError("It is bad.")

cases = [
    lambda: None, lambda: 1 / 0, lambda: os.kill(os.getpid(), signal.SIGSEGV), lambda: time.sleep(60),
    lambda: os._exit(3), refuse,
]
found = []
for case in cases:
    target = engine.Target(
        "case",
        lambda folder: (folder / "file").write_text("whole"),
        lambda folder: (folder / "file").read_text() == "whole" or case(),
        {"file": [lambda content, generator: b"damaged"]},
    )
    outcome = engine.fuzz(target, 2, 0)
    found.append((outcome.read, outcome.refused, [find.problem for find in outcome.finds]))
print(found)
"""
    )
    command = [sys.executable, str(tmp_path / "engine_trial.py"), str(Path(__file__).parent / "fuzz")]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    read, divided, crashed, hung, left, refused = ast.literal_eval(found.stdout)
    assert read == (2, 0, [])
    assert refused == (0, 2, [])
    assert [problem[:31] for problem in divided[2]] == ["ZeroDivisionError in engine_tri"] * 2
    assert crashed == (0, 0, ["ends the process: SIGSEGV"] * 2)
    assert hung == (0, 0, ["hangs: nothing for 2 seconds"] * 2)
    assert left == (0, 0, ["exits with 3"] * 2)
