"""Only the contracts need pytest."""

import ast
import subprocess
import sys
from pathlib import Path

import beir_hybrid
from beir_hybrid import testing

PACKAGE = Path(beir_hybrid.__file__).parent


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_nothing_outside_imports_pytest_or_the_contracts():
    outside = [path for path in PACKAGE.rglob("*.py") if "testing" not in path.relative_to(PACKAGE).parts]
    assert len(outside) > 100
    for path in outside:
        names = set(imported(path))
        assert not {"pytest", "_pytest"} & {name.partition(".")[0] for name in names}, path
        assert not any(name.startswith("beir_hybrid.testing") for name in names), path


def test_lack_of_pytest_is_said_with_the_fix():
    code = "import sys; sys.modules['pytest'] = None; import beir_hybrid.testing"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = ended.stderr.splitlines()[-1]
    assert last == "beir_hybrid.errors.PluginError: beir_hybrid.testing needs pytest. Install it: pip install pytest"


def test_public_names_are_the_contracts():
    assert testing.__all__ == [
        "ClusterContract",
        "CommandContract",
        "DatasetContract",
        "DebiasingContract",
        "FormatContract",
        "HostContract",
        "LossContract",
        "MeasureContract",
        "StrategyContract",
        "TranslatorContract",
    ]
    assert all(isinstance(getattr(testing, name), type) for name in testing.__all__)
