import inspect
import re
import socket
import sys
import time

import pytest

from beir_hybrid.errors import ConfigurationError, PluginError, WorkerError
from beir_hybrid_ray import cluster
from beir_hybrid_ray.cluster import open_cluster


@pytest.mark.parametrize("address", ["nonsense", "head:", ":6379", "head:port", "head:99999", "http://head:1", ""])
def test_what_is_no_address_is_refused_with_the_forms(address):
    with pytest.raises(ConfigurationError) as raised:
        open_cluster(address)
    assert str(raised.value) == f"The cluster {address!r} is no address. {cluster._FORMS}"


@pytest.mark.parametrize("address", ["127.0.0.1:7", "ray://127.0.0.1:7"])
def test_address_where_nobody_listens_is_refused_at_once(address):
    began = time.monotonic()
    with pytest.raises(WorkerError, match=rf"^No Ray answers at {address}: Connection refused. Start it \(ray start"):
        open_cluster(address)
    assert time.monotonic() - began < 10


def test_host_that_does_not_exist_is_refused():
    with pytest.raises(WorkerError, match=r"^No Ray answers at nowhere.invalid:6379: .+\. Start it"):
        open_cluster("nowhere.invalid:6379")


def test_address_where_no_ray_answers_is_refused_after_some_seconds(monkeypatch):
    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(WorkerError) as raised:
            open_cluster(address)
    assert str(raised.value).startswith(f"No Ray answers at {address}: {cluster._NO_RAY}. Start it (ray start")


def test_auto_without_a_running_ray_is_refused(monkeypatch, tmp_path):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    with pytest.raises(WorkerError, match=r"^No running Ray is found: ConnectionError: .+ Start it "):
        open_cluster("auto")


def test_client_address_without_grpc_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "grpc", None)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(PluginError, match=re.escape("Install it: pip install 'ray[client]'; or give HOST:6379.")),
    ):
        open_cluster(f"ray://127.0.0.1:{server.getsockname()[1]}")


def test_ray_that_is_not_installed_is_told_in_a_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PluginError, match=r"^Ray cannot be used: ModuleNotFoundError: .+ pip install ray$"):
        open_cluster("local")


def test_gpus_that_this_machine_lacks_are_refused_at_once():
    with pytest.raises(
        ConfigurationError, match=r"^A worker needs 1 CPU and 99 GPUs, and this machine has \d+ CPUs? and \d GPUs?\."
    ):
        open_cluster("local", workers=1, gpus=99)


def test_start_that_takes_long_is_waited_for(monkeypatch):
    answers = [RuntimeError("not yet"), RuntimeError("not yet"), {"node": 1}]

    def look_up(address, node):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return address, node, answer

    assert cluster._patient(look_up)("here", 7) == ("here", 7, {"node": 1})
    monkeypatch.setattr(cluster, "_START", 0)
    answers[:] = [RuntimeError("never")] * 3
    with pytest.raises(RuntimeError, match="never"):
        cluster._patient(look_up)("here", 7)


def test_ray_is_asked_for_its_node_where_the_start_is_waited_for():
    from ray._private import node, services

    assert "ray._private.services.get_node(" in inspect.getsource(node)
    assert list(inspect.signature(inspect.unwrap(services.get_node)).parameters) == ["gcs_address", "node_id"]
