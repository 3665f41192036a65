"""Clusters: Ray started here, or one that is running already."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from beir_hybrid import ConfigurationError, PluginError, WorkerError, plural, shorten
from beir_hybrid.registry import describe_error
from beir_hybrid_ray.ray_workers import RayWorkers
from beir_hybrid_ray.size import choose_size, describe_resources, fitting

logger = logging.getLogger("beir_hybrid.ray")

_PATIENCE = 12  # seconds for a cluster's answer
_CONNECT = 4  # seconds until somebody listens
_START = 120  # seconds until Ray runs here, which gives itself 30: too few on a busy machine
_STORE = 256 << 20  # bytes for what workers are given and return, which is small
_PROBE = "import sys, ray; ray.init(sys.argv[1], log_to_driver=False, logging_level='ERROR')"
_NO_RAY = "what answers is no Ray, or wants a token (set RAY_AUTH_MODE=token)"  # for which Ray retries
_FORMS = "Give local, auto, or the address of a running Ray, such as head:6379 or ray://head:10001."


def open_cluster(address: str, *, workers: int | None = None, gpus: float | None = None) -> RayWorkers:
    """Start Ray here, or connect to one that is running, and start workers.

    Args:
        address: ``local`` starts Ray on this machine; ``auto`` finds the one that runs here, or that ``RAY_ADDRESS``
            names; else ``HOST:PORT``, or ``ray://HOST:PORT``.
        workers: How many; None for one for each GPU, or every 4 CPUs.
        gpus: GPUs of each; None for 1 where the cluster has any.

    Raises:
        ConfigurationError: If it is no address, or no worker fits this machine.
        PluginError: If Ray, or what it needs for such an address, is not installed.
        WorkerError: If no Ray answers there.
    """
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise PluginError(f"Ray cannot be used: {describe_error(error)}.", "Install it: pip install ray") from error
    close = _connect(ray, address)
    try:
        nodes = [
            (node["Resources"].get("CPU", 0), node["Resources"].get("GPU", 0)) for node in ray.nodes() if node["Alive"]
        ]
        size = choose_size(nodes, workers, gpus)
        places = fitting(nodes, size.cpus, size.gpus)
        if not places and address == "local":
            cpus, has_gpus = nodes[0]
            raise ConfigurationError(
                f"A worker needs {describe_resources(size.cpus, size.gpus)}, and this machine has "
                f"{describe_resources(cpus, has_gpus)}.",
                "Choose the device cpu, or the address of a cluster with GPUs.",
            )
        if places < size.count:
            logger.warning("%d of %d workers fit the cluster; the others wait until it grows.", places, size.count)
        logger.info("%s of %s each", plural(size.count, "worker"), describe_resources(size.cpus, size.gpus))
        return RayWorkers(size, close)
    except BaseException:
        close()
        raise


def _connect(ray: Any, address: str) -> Callable[[], object]:
    """Connect this process, and return how to disconnect."""
    if ray.is_initialized():  # by whoever calls, and it is theirs
        return lambda: None
    verbose = logging.getLogger("beir_hybrid").isEnabledFor(logging.DEBUG)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    options: dict[str, Any] = {"log_to_driver": verbose, "logging_level": logging.INFO if verbose else logging.ERROR}
    if not verbose:
        # what became of a worker is printed among a command's results, and said in a line of ours
        ray._private.worker.print_to_stdstream = lambda *_, **__: None
    if address == "local":
        options |= {"include_dashboard": False, "object_store_memory": _STORE}
        os.environ.setdefault("RAY_gcs_server_port_wait_time_s", str(_START))
        services = ray._private.services
        services.get_node = _patient(inspect.unwrap(services.get_node))
    else:
        _check(address)
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address, **options)
    except (Exception, SystemExit) as error:  # with which Ray ends where the connection breaks
        raise _unreachable(address, describe_error(error)) from error
    # Ray would print where, and abort
    _on_termination(before if callable(before) else lambda number, frame: sys.exit(128 + number))

    def disconnect() -> None:
        ray.shutdown()
        _on_termination(before)

    return disconnect


def _patient(look_up: Callable[..., Any]) -> Callable[..., Any]:
    """Have what asks for a node wait until it is there, since Ray would not, and asks without a pause meanwhile."""

    @functools.wraps(look_up)
    def wait(*about: Any) -> Any:
        end = time.monotonic() + _START
        while True:
            try:
                return look_up(*about)
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    return wait


def _on_termination(handler: Any) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL if handler is None else handler)


def _check(address: str) -> None:
    """Raise an error unless Ray answers at an address; connecting to one that does not would take two minutes."""
    if address != "auto":
        host, colon, port = address.removeprefix("ray://").rpartition(":")
        if not host or not colon or not port.isdecimal() or int(port) > 65_535 or "/" in host:
            raise ConfigurationError(f"The cluster {shorten(address)} is no address.", _FORMS)
        try:
            socket.create_connection((host.strip("[]"), int(port)), _CONNECT).close()
        except OSError as error:
            raise _unreachable(address, error.strerror or str(error)) from error
    if address.startswith("ray://") and importlib.util.find_spec("grpc") is None:
        raise PluginError(
            f"The cluster {address} needs Ray's client, which is not installed.",
            "Install it: pip install 'ray[client]'; or give HOST:6379.",
        )
    try:  # in a process of its own, as Ray ends the one that asks
        ended = subprocess.run(  # noqa: S603  # our own code, in this interpreter
            [sys.executable, "-c", _PROBE, address], capture_output=True, text=True, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired as error:
        raise _unreachable(address, _NO_RAY) from error
    if ended.returncode:
        raise _unreachable(address, (ended.stderr.strip().splitlines() or ["Ray says nothing"])[-1])


def _unreachable(address: str, reason: str) -> WorkerError:
    if address == "local":
        return WorkerError(f"Ray cannot be started here: {reason}", "See /tmp/ray/session_latest/logs.")
    what = "No running Ray is found" if address == "auto" else f"No Ray answers at {address}"
    return WorkerError(f"{what}: {reason.rstrip('.')}.", "Start it (ray start --head), or give --cluster local.")
