"""MTEB as a host: it knows the tasks of this package by name, and their benchmark.

::

    beir-hybrid run -m mteb run -m sentence-transformers/LaBSE -t XQuADRPooled --output-folder results

From :func:`activate` on, until :func:`deactivate`, ``mteb.get_task`` and ``mteb.get_tasks(tasks=[...])`` find every
registered dataset's task, and ``mteb.get_benchmark`` finds ``beir-hybrid``. Lists of all tasks, such as those that
``get_tasks`` without names and the leaderboard make, stay as they were. Nothing of MTEB is imported before a script
does.
"""

from __future__ import annotations

from types import ModuleType

from beir_hybrid.hosts.kit import Activation, add_entry, replace, when_imported


def _begin() -> None:
    _activation.undo.append(when_imported("mteb.get_tasks", _add_tasks))
    _activation.undo.append(when_imported("mteb.benchmarks.get_benchmark", _add_benchmark))


def _add_tasks(module: ModuleType) -> None:
    from beir_hybrid_mteb.tasks import registered_tasks

    registry = getattr(module, "_TASKS_REGISTRY", None)
    if not isinstance(registry, dict):
        _tell("mteb.get_tasks has no registry of tasks")
        return
    for name, task in registered_tasks().items():
        _activation.undo.append(add_entry(registry, name, task))


def _add_benchmark(module: ModuleType) -> None:
    """Let ``get_benchmark`` find ours among the other names of benchmarks, which no list is made of."""
    original = getattr(module, "_build_aliases_registry", None)
    if not callable(original):
        _tell("mteb.benchmarks has no registry of aliases")
        return

    def build() -> dict[str, object]:
        from beir_hybrid_mteb.benchmark import pooled_benchmark

        benchmark = pooled_benchmark()
        return {**original(), benchmark.name: benchmark}

    _activation.undo.append(replace(module, "_build_aliases_registry", build))


def _tell(problem: str) -> None:
    from logging import getLogger

    getLogger(__name__).warning(
        "This version of MTEB is unknown (%s): pass tasks of beir_hybrid_mteb instead.", problem
    )


_activation = Activation(_begin)
activate, deactivate, is_active = _activation.activate, _activation.deactivate, _activation.is_active
