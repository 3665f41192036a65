"""BM25Search talks to Elasticsearch through the clients of today. BEIR 2.2.0, with elasticsearch 8 and 9.

BEIR was written for the client 7.9.1, which fails with numpy 2; 7.17.13 is the last that it can call as it does. Since
8, a client wants whole addresses, names two options otherwise, and takes the statuses to ignore by ``options``: BEIR
fails with a TypeError or a ValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.kit.patches import Overlay, replace

_FIRST = 8
_PORT = 9200  # where the older clients look


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let BEIR call a newer client by the older one's names; an older one is left as it is."""
    import elasticsearch

    original = module.Elasticsearch
    if elasticsearch.__version__[0] < _FIRST:
        return []

    def connect(hosts: Sequence[str], timeout: float, retry_on_timeout: bool, maxsize: int) -> Overlay:
        addresses = [_address(host) for host in hosts]
        options = {"request_timeout": timeout, "retry_on_timeout": retry_on_timeout, "connections_per_node": maxsize}
        client = original(addresses, **options)
        indices = Overlay(client.indices, create=partial(_create, client), delete=partial(_delete, client))
        return Overlay(client, indices=indices)

    return [replace(module, "Elasticsearch", connect)]


def _address(host: str) -> str:
    if "://" in host:
        return host
    return f"http://{host}" if ":" in host else f"http://{host}:{_PORT}"


def _create(client: Any, index: str, body: Any, ignore: Sequence[int]) -> Any:
    return client.options(ignore_status=ignore).indices.create(index=index, **body)


def _delete(client: Any, index: str, ignore: Sequence[int]) -> Any:
    return client.options(ignore_status=ignore).indices.delete(index=index)
