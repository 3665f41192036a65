"""Run tests with the oldest versions that pyproject.toml allows of the light dependencies.

The heavy ones, such as torch, stay as they are installed where this runs. Arguments are those of pytest; without any,
the tests run that use the light dependencies most::

    python tests/oldest.py
    python tests/oldest.py tests/cli -x
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIGHT = (
    "click",
    "faiss-cpu",
    "filelock",
    "jinja2",
    "markupsafe",
    "matplotlib",
    "numpy",
    "pooch",
    "pyarrow",
    "pyyaml",
    "requests",
    "rich",
    "scipy",
    "threadpoolctl",
    "tqdm",
)
TESTS = ("tests/storage", "tests/registry", "tests/reports", "tests/evaluation/search", "tests/test_pairs.py")
COMMANDS = ("tests/cli/test_main.py", "tests/cli/test_plan.py", "tests/cli/test_datasets.py", "tests/test_verbosity.py")


def oldest() -> list[str]:
    """Return the light dependencies as pip takes them, such as ``click==8.4.2``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = dict(re.fullmatch(r"([\w-]+)(?:\[.*\])?>=([\d.]+)", entry).groups() for entry in project["dependencies"])
    return [f"{name}=={bounds[name]}" for name in LIGHT]


def main() -> int:
    """Make an environment, run the tests in it, and return pytest's exit code."""
    arguments = sys.argv[1:] or [*TESTS, *COMMANDS]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *oldest()], check=True)
        where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        packages = Path(subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip())
        # after the environment's own packages, and with the editable ones among them
        lines = [f"import site; site.addsitedir({entry!r})" for entry in sys.path if entry.endswith("site-packages")]
        (packages / "inherited.pth").write_text("\n".join(lines), encoding="utf-8")
        return subprocess.run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
