import importlib.metadata
import os
import sys
from types import ModuleType

import pytest

from beir_hybrid.errors import MissingDataError, PluginError
from beir_hybrid_pyserini import versions


def test_jar_is_that_of_the_installed_pyserini():
    jar = versions.anserini_jar()
    assert jar.is_file()
    assert jar.parent.parent.parent.name == "pyserini"
    assert versions.major_version() == int(importlib.metadata.version("pyserini").split(".")[0])


def test_jar_of_another_folder_is_taken_and_its_absence_told(tmp_path, monkeypatch):
    monkeypatch.setenv("ANSERINI_CLASSPATH", str(tmp_path))
    with pytest.raises(MissingDataError, match="Check ANSERINI_CLASSPATH"):
        versions.anserini_jar()
    older, newer = tmp_path / "anserini-1.0-fatjar.jar", tmp_path / "anserini-0.9-fatjar.jar"
    older.touch()
    while not newer.exists() or newer.stat().st_ctime == older.stat().st_ctime:
        newer.touch()  # Pyserini takes the one that came last
    assert versions.anserini_jar() == newer


def test_pyserini_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setattr(versions, "find_spec", lambda name: None)
    with pytest.raises(PluginError, match="pip install pyserini"):
        versions.anserini_jar()

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(versions, "version", missing)
    with pytest.raises(PluginError, match="pip install pyserini"):
        versions.major_version()


def test_options_ask_only_for_modules_that_are_there(monkeypatch):
    assert not any("incubator" in option for option in versions.jvm_options(["java.base"]))
    assert "--add-modules=jdk.incubator.vector" in versions.jvm_options(["java.base", "jdk.incubator.vector"])


def test_logging_of_2_x_is_kept_quiet_unless_asked_for(tmp_path, monkeypatch):
    (tmp_path / "anserini-9.0-fatjar.jar").touch()
    (tmp_path / "logging.properties").touch()
    monkeypatch.setenv("ANSERINI_CLASSPATH", str(tmp_path))
    quiet = f"-Djava.util.logging.config.file={tmp_path / 'logging.properties'}"
    assert quiet in versions.jvm_options([])
    monkeypatch.setenv("PYSERINI_VERBOSE_JVM", "1")
    assert quiet not in versions.jvm_options([])


@pytest.fixture
def openai_module(tmp_path, monkeypatch):
    """Let the module that wants a key be one that only looks for it."""
    package = tmp_path / "pyserini" / "encode"
    package.mkdir(parents=True)
    (tmp_path / "pyserini" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "_openai.py").write_text("import os\nkey = os.environ.get('OPENAI_API_KEY')\n")
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyserini"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))

    def load() -> ModuleType:
        return importlib.import_module("pyserini.encode._openai")

    yield load
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyserini"]:
        del sys.modules[name]


def test_key_is_lent_for_the_import_and_taken_back(openai_module, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(versions, "version", lambda name: "1.6.0")
    versions.lend_openai_key()
    assert openai_module().key
    assert "OPENAI_API_KEY" not in os.environ


def test_key_of_the_user_stays(openai_module, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    monkeypatch.setattr(versions, "version", lambda name: "1.6.0")
    versions.lend_openai_key()
    assert openai_module().key == "theirs" == os.environ["OPENAI_API_KEY"]


def test_2_x_needs_no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(versions, "version", lambda name: "2.3.0")
    versions.lend_openai_key()
    assert "OPENAI_API_KEY" not in os.environ
