"""Make the report pages of the gallery: ``python docs/gallery.py [NAME ...]``, some minutes on one core.

Each page is what the commands beside its name write, run in a temporary folder on the built-in sample.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from pathlib import Path

from click.testing import CliRunner

from beir_hybrid.cli.main import main

ROOT = Path(__file__).parents[1]
_TRAIN = "train --model static --train-data sample --max_steps 200 --per_device_train_batch_size 128 "
_TRAIN += "--learning_rate 0.1 --seed 0"
_STRATEGIES = ("x-x-mono", "x-y", "hybrid")

PAGES = {
    "strategies": (
        *(f"{_TRAIN} --strategy {name} --output runs/{name}" for name in _STRATEGIES),
        *(
            f"evaluate --model runs/{name} --dataset sample --measures default,bias --output results/{name}"
            for name in _STRATEGIES
        ),
        f"report {' '.join(f'runs/{name} results/{name}' for name in _STRATEGIES)} --output strategies.html",
    ),
}
"""The commands that make each page."""


def make(name: str, folder: Path) -> Path:
    """Run a page's commands in a temporary folder and put the page into another one.

    Args:
        name: One of :data:`PAGES`.
        folder: Where the page goes; it must be there.

    Raises:
        SystemExit: If a command fails.
    """
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(temporary)
        try:
            for command in PAGES[name]:
                result = CliRunner().invoke(main, shlex.split(command))
                if result.exit_code:
                    raise SystemExit(f"beir-hybrid {command}\n{result.output}")
            target = folder / f"{name}.html"
            target.write_bytes(Path(f"{name}.html").read_bytes())
        finally:
            os.chdir(before)
    return target


if __name__ == "__main__":
    for wanted in sys.argv[1:] or PAGES:
        made = make(wanted, ROOT / "docs" / "gallery" / "pages")
        sys.stdout.write(f"{made}: {made.stat().st_size:,} bytes\n")
