"""ir_datasets: it knows every dataset of this package and each of its settings, and with it PyTerrier and ranx.

::

    import ir_datasets
    import beir_hybrid.hosts.ir_datasets

    beir_hybrid.hosts.ir_datasets.activate()
    dataset = ir_datasets.load("beir-hybrid/xquad-r/en-all")  # English queries, the passages of all languages
    dataset.docs_count(), next(dataset.queries_iter())

or, without a change to a script, ``beir-hybrid run script.py``, or ``beir-hybrid enable`` once. The id
``beir-hybrid/NAME`` is a whole dataset, and ``beir-hybrid/NAME/SETTING`` one of its settings. PyTerrier takes them as
``pt.get_dataset("irds:beir-hybrid/xquad-r/en-all")``, and ranx as ``Qrels.from_ir_datasets("beir-hybrid/xquad-r/de")``.

Documents have their language (``lang``) and title besides their text. Nothing is loaded before it is asked for, and the
list of ir_datasets' own ids stays as it is.
"""

from __future__ import annotations

from types import ModuleType

from beir_hybrid.hosts.kit.activation import Activation
from beir_hybrid.hosts.kit.imports import when_imported
from beir_hybrid.hosts.kit.registries import add_item


def _begin() -> None:
    _activation.undo.append(when_imported("ir_datasets", _add_pattern))


def _add_pattern(module: ModuleType) -> None:
    import re

    registry = module.registry
    made: list[str] = []

    def make(identifier: str, parts: tuple[str, str | None]) -> object:
        from beir_hybrid.hosts.ir_datasets.data import build_data

        data = build_data(identifier, parts[0], parts[1] or "")
        made.append(identifier)
        return data

    def forget() -> None:
        for identifier in made:
            registry._registered.pop(identifier, None)

    _activation.undo.append(forget)
    _activation.undo.append(add_item(registry._patterns, (re.compile(r"beir-hybrid/([^/]+)(?:/([^/]+))?$"), make)))


_activation = Activation(_begin)
activate, deactivate, is_active = _activation.activate, _activation.deactivate, _activation.is_active
