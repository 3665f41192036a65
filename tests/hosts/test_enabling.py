import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.hosts import enabling
from beir_hybrid.hosts.enabling import disable, enable, enabled_hosts, hook_file
from beir_hybrid.hosts.launcher import registered_hosts


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder in the place of this environment's site-packages."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(sysconfig, "get_path", lambda name: {"purelib": str(folder)}[name])
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return folder


def start(line, **environment):
    """Execute a line as Python's start would, in an interpreter without this package."""
    code = f"import sys; exec({line!r}); print(*sorted(name for name in sys.modules if 'beir_hybrid' in name))"
    command = [sys.executable, "-S", "-P", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})


def test_hook_is_one_line_in_a_file_of_its_own(site):
    path = enable()
    assert list(site.iterdir()) == [path] == [hook_file()]
    assert path.suffix == ".pth"
    [line] = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert line.startswith("import ")  # else Python takes it for a path
    assert enabled_hosts() == registered_hosts()


def test_enabling_again_takes_up_new_hosts(site, plug_in):
    enable()
    plug_in("zoo", "beir_hybrid.hosts", {"zoo": "zoo_host"})
    assert "zoo" not in enabled_hosts()
    enable()
    assert "zoo=zoo_host" in enabled_hosts().split(",")


def test_line_activates_what_it_names_and_is_silent_where_the_package_is_gone(site, tmp_path, monkeypatch):
    monkeypatch.setattr(enabling, "registered_hosts", lambda: "beir=beir_hybrid.hosts.beir")  # no plug-in's
    line = enable().read_text().splitlines()[-1]
    there = tmp_path / "there"
    there.mkdir()
    (there / "beir_hybrid").symlink_to(Path(enabling.__file__).parents[1])
    found = start(line, PYTHONPATH=str(there))
    assert {"beir_hybrid.hosts.startup", "beir_hybrid.hosts.beir"} <= set(found.stdout.split())
    assert found.stderr == ""
    gone = start(line, PYTHONPATH=str(site))
    assert (gone.stdout, gone.stderr, gone.returncode) == ("\n", "", 0)


def test_line_is_silent_where_the_package_is_broken(site, tmp_path):
    line = enable().read_text().splitlines()[-1]
    (tmp_path / "beir_hybrid").mkdir()
    (tmp_path / "beir_hybrid" / "__init__.py").write_text("def (")
    broken = start(line, PYTHONPATH=str(tmp_path))
    assert (broken.stdout, broken.stderr, broken.returncode) == ("\n", "", 0)


def test_disabling_removes_the_hook_and_nothing_else(site):
    (site / "other.pth").write_text("/other\n")
    path = enable()
    assert disable() == path
    assert [file.name for file in site.iterdir()] == ["other.pth"]
    assert enabled_hosts() is None
    assert disable() is None


@pytest.mark.parametrize(
    "text", ["/other\n", "", "# a\n# b\n# c\n", "a\x00\xff"], ids=["path", "empty", "remarks", "bytes"]
)
def test_file_that_is_not_ours_is_left_alone(site, text):
    hook_file().write_bytes(text.encode("latin-1"))
    for action in (enable, disable, enabled_hosts):
        with pytest.raises(OutputError, match="was not written by beir-hybrid"):
            action()
    assert hook_file().read_bytes() == text.encode("latin-1")


def test_folder_in_the_place_of_the_hook_is_told_in_a_line(site):
    hook_file().mkdir()
    for action in (enable, disable, enabled_hosts):
        with pytest.raises(OutputError, match=rf"^{hook_file()} cannot be read: Is a directory\."):
            action()
    assert hook_file().is_dir()


def test_hook_that_may_not_be_read_is_told_in_a_line(site, monkeypatch):
    path = enable()

    def refuse(self, **_):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(path), "read_text", refuse)
    for action in (enable, disable, enabled_hosts):
        with pytest.raises(OutputError, match=rf"^{path} cannot be read: Permission denied\."):
            action()
    assert path.exists()


def test_outside_of_an_environment_nothing_is_written_unless_forced(site, monkeypatch):
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    with pytest.raises(ConfigurationError, match=r"is no virtual environment.* pass --force"):
        enable()
    assert list(site.iterdir()) == []
    assert enable(force=True).exists()


def test_conda_environment_is_an_environment(site, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    (tmp_path / "conda-meta").mkdir()
    assert enable().exists()


def test_site_packages_that_cannot_be_written_are_told_in_a_line(site):
    site.rmdir()
    site.touch()
    with pytest.raises(OutputError) as caught:
        enable()
    assert str(caught.value).startswith(f"{site} cannot be written: ")
    assert "\n" not in str(caught.value)


def test_hook_that_cannot_be_removed_is_told_in_a_line(site, monkeypatch):
    path = enable()

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(path), "unlink", refuse)
    with pytest.raises(OutputError, match=f"{site} cannot be written: Permission denied"):
        disable()
