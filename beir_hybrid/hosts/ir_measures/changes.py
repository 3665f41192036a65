"""What this host changes in ir_measures, and its activation."""

from __future__ import annotations

from types import ModuleType

from beir_hybrid.hosts.kit.activation import Activation
from beir_hybrid.hosts.kit.imports import when_imported


def _begin() -> None:
    _activation.undo.append(when_imported("ir_measures", _add_measures))


def _add_measures(module: ModuleType) -> None:
    from beir_hybrid.hosts.ir_measures.provider import add_measures

    _activation.undo.extend(add_measures(module))


_activation = Activation(_begin)
activate, deactivate, is_active = _activation.activate, _activation.deactivate, _activation.is_active
