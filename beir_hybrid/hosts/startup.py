"""Hosts activated while an interpreter starts.

Two ways lead here: the folder ``at_start`` at the front of ``PYTHONPATH``, where :mod:`beir_hybrid.hosts.launcher` puts
it, and the line in ``site-packages`` that :mod:`beir_hybrid.hosts.enabling` writes. Both name the hosts, so that no
interpreter has to look for entry points, and this file imports nothing: it costs every start. No start may fail here:
a broken host is one logged line.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any


HOSTS_VARIABLE = "BEIR_HYBRID_HOSTS"
"""Environment variable: what to activate, as ``name=target,name=target``."""

CHILDREN_VARIABLE = "BEIR_HYBRID_CHILDREN"
"""Environment variable: set if the hosts are to be active in the interpreters that this one starts, too."""


def activate_hosts(hosts: str) -> None:
    """Import hosts and activate them; one that cannot be is left out with a logged line.

    Args:
        hosts: As ``name=target,name=target``, each target as in an entry point: ``module`` or ``module:attribute``.
    """
    for host in filter(None, hosts.split(",")):
        name, _, target = host.partition("=")
        try:
            _load(target).activate()
        except Exception as error:  # whatever a plug-in's code raises must not stop an interpreter
            leave_out(name, f"{type(error).__name__}: {error}")


def begin(folder: str) -> None:
    """Activate the hosts that the environment names, and take them out of it unless children are to be reached.

    Args:
        folder: The folder on ``PYTHONPATH`` that led here.
    """
    hosts = os.environ.get(HOSTS_VARIABLE, "")
    if CHILDREN_VARIABLE not in os.environ:
        os.environ.pop(HOSTS_VARIABLE, None)
        rest = without_folder(folder, os.environ.pop("PYTHONPATH", ""))
        if rest:
            os.environ["PYTHONPATH"] = rest
    activate_hosts(hosts)


def without_folder(folder: str, path: str) -> str:
    """Take a folder out of a search path such as ``PYTHONPATH``.

    Examples:
        >>> without_folder("/b", os.pathsep.join(["/a", "/b", "/c"])) == os.pathsep.join(["/a", "/c"])
        True
    """
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if entry != folder)


def leave_out(name: str, reason: str) -> None:
    """Log, in one line, that a host is left out."""
    from logging import getLogger

    getLogger(__name__).warning("beir-hybrid: the host %r is left out: %s", name, " ".join(reason.split()))


def _load(target: str) -> Any:
    module, _, attributes = target.partition(":")
    thing: Any = __import__(module, fromlist=["activate"])
    for attribute in filter(None, attributes.split(".")):
        thing = getattr(thing, attribute)
    return thing
