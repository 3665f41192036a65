"""Tasks for MTEB of every dataset of beir-hybrid: all settings of a multilingual collection, with language bias.

::

    import mteb
    from beir_hybrid_mteb import pooled_task

    mteb.evaluate(model, [pooled_task("xquad-r")()], cache=mteb.ResultCache("results"))

Tasks of the datasets that are registered are attributes of this module by their names in MTEB, such as
``XQuADRPooled``. ``beir-hybrid run`` and ``beir-hybrid enable`` make MTEB know these names, too.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

    from beir_hybrid_mteb.benchmark import pooled_benchmark as pooled_benchmark
    from beir_hybrid_mteb.kinds import means_by_kind as means_by_kind
    from beir_hybrid_mteb.tasks import PooledRetrieval as PooledRetrieval
    from beir_hybrid_mteb.tasks import pooled_task as pooled_task

__version__ = "0.1.0"

_HOMES = {
    "PooledRetrieval": "tasks",
    "means_by_kind": "kinds",
    "pooled_benchmark": "benchmark",
    "pooled_task": "tasks",
}


def __getattr__(name: str) -> Any:
    """Return a function of the modules, or a registered dataset's task by its name in MTEB."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if not name.startswith("_"):
        from beir_hybrid_mteb.tasks import registered_tasks

        if name in (tasks := registered_tasks()):
            return tasks[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
