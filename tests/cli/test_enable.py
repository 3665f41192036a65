import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

import beir_hybrid
from beir_hybrid.registry import HOSTS

IS_ACTIVE = """
import sys
host = sys.modules.get("beir_hybrid.hosts.beir")
heavy = {"beir", "torch", "numpy", "click", "logging", "importlib.metadata"}
print(host is not None and host.is_active(), sorted(heavy & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment that sees this one's packages; its Python, and its site-packages."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=os.name == "posix")
    names = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=names))
    # as a site folder, since what is installed editable, plug-ins too, is found by the files in it
    folders = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    lines = [
        str(Path(beir_hybrid.__file__).parents[1]),
        *(f"import site; site.addsitedir({each!r})" for each in folders),
    ]
    (site / "aa_paths.pth").write_text("\n".join(lines))
    return Path(sysconfig.get_path("scripts", "venv", vars=names)) / "python", site


@pytest.fixture
def ask(environment, tmp_path):
    """Run the environment's Python; an error is in the output."""
    python, site = environment
    quiet = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def ask(*words):
        ended = subprocess.run([python, *words], capture_output=True, text=True, cwd=tmp_path, env=quiet)
        return ended.stdout + ended.stderr

    yield ask
    (site / "zz_beir_hybrid.pth").unlink(missing_ok=True)


def test_plain_python_has_the_hosts_from_enable_to_disable(ask, environment):
    path = environment[1] / "zz_beir_hybrid.pth"
    hosts = ", ".join(HOSTS.names())
    command = ["-m", "beir_hybrid.cli.main"]
    assert ask("-c", IS_ACTIVE) == "False []\n"
    assert ask(*command, "enable", "--status") == f"Not enabled: there is no {path}\n"
    for _ in range(2):
        assert ask(*command, "enable") == f"Now enabled: {path} activates {hosts}\n"
        assert ask("-c", IS_ACTIVE) == "True []\n"
    assert ask(*command, "enable", "--status") == f"Enabled: {path} activates {hosts}\n"
    assert ask(*command, "disable") == f"Removed {path}\n"
    assert ask("-c", IS_ACTIVE) == "False []\n"
    assert ask(*command, "disable") == f"Not enabled: there is no {path}\n"


def test_launcher_works_in_an_enabled_environment(ask):
    command = ["-m", "beir_hybrid.cli.main"]
    ask(*command, "enable")
    assert ask(*command, "run", "-c", IS_ACTIVE) == "True []\n"


def test_status_tells_of_hosts_that_came_since(invoke, plug_in, monkeypatch, tmp_path):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    assert invoke("enable", "--force").exit_code == 0
    assert "run `beir-hybrid enable` again" not in invoke("enable", "--status").stdout
    plug_in("zoo", "beir_hybrid.hosts", {"zoo": "zoo_host"})
    assert "run `beir-hybrid enable` again" in invoke("enable", "--status").stdout


def test_enabling_outside_of_an_environment_is_refused_in_a_line(refused, monkeypatch, tmp_path):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setattr("sys.base_prefix", str(tmp_path))
    assert refused("enable").startswith(f"{tmp_path} is no virtual environment")
