"""What the tests of the contracts share: plug-ins that break a contract, tried as a stranger's would be."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent
PLUGINS = ("broken_*.py", "toy_*.py")

collect_ignore_glob = [*PLUGINS]  # they are tried in processes of their own


@pytest.fixture(scope="session")
def try_plugins(tmp_path_factory):
    """Register the attributes of a module beside this file, and run the contracts there in a process of its own.

    Gives, by the class of the contract, the failed tests with their messages; an empty dict if all hold.
    """

    def try_plugins(module, group, points, brought_by=None):
        folder = tmp_path_factory.mktemp(module)
        for path in (path for pattern in PLUGINS for path in HERE.glob(pattern)):
            shutil.copy(path, folder)
        info = folder / "broken-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
        lines = [f"{name} = {brought_by or module}:{attribute}" for name, attribute in points.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines]))
        (folder / "pytest.ini").write_text("[pytest]\n")
        report = folder / "report.xml"
        options = ("-q", "-p", "no:cacheprovider", "--import-mode=prepend", "-c", folder / "pytest.ini")
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", folder / f"{module}.py"],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(folder)},
        )
        assert report.exists(), ended.stdout + ended.stderr
        found = {}
        for case in ElementTree.parse(report).iter("testcase"):
            failures = found.setdefault(case.get("classname").rpartition(".")[2], {})
            for failure in [*case.iter("failure"), *case.iter("error")]:
                message = " ".join((failure.get("message") + " " + (failure.text or "")).split())
                failures[case.get("name").partition("[")[0]] = message
        return found

    return try_plugins
