"""MTEB knows the tasks by name while the host is active, and nothing else of it changes."""

import mteb
import pytest

from beir_hybrid.testing import HostContract
from beir_hybrid_mteb import host


class TestMTEB(HostContract):
    name = "mteb"
    watched = ("mteb.get_tasks", "mteb.benchmarks.get_benchmark")


@pytest.fixture
def active():
    host.activate()
    yield
    host.deactivate()


def test_tasks_are_known_by_name_while_active(active, model, run):
    task = mteb.get_task("SamplePooled", hf_subsets=["en-all"])
    assert run(model, task).task_name == "SamplePooled"
    assert [each.metadata.name for each in mteb.get_tasks(tasks=["XQuADRPooled", "MLQARPooled"])] == [
        "XQuADRPooled",
        "MLQARPooled",
    ]
    host.deactivate()
    with pytest.raises(KeyError, match="SamplePooled"):
        mteb.get_task("SamplePooled")


def test_lists_and_other_tasks_are_as_they_were(active):
    host.deactivate()
    before = mteb.get_tasks(task_types=["Retrieval"]), {each.name for each in mteb.get_benchmarks()}
    host.activate()
    after = mteb.get_tasks(task_types=["Retrieval"]), {each.name for each in mteb.get_benchmarks()}
    assert [each.metadata.name for each in before[0]] == [each.metadata.name for each in after[0]]
    assert before[1] == after[1]
    assert mteb.get_task("SciFact").metadata == mteb.get_task("SciFact").metadata


def test_benchmark_is_found_by_name_and_groups_kinds(active):
    benchmark = mteb.get_benchmark("beir-hybrid")
    assert [task.metadata.name for task in benchmark.tasks] == ["XQuADRPooled", "MLQARPooled"]
    grouping = benchmark.aggregations[1]
    assert [group.label for group in grouping.groups] == ["Monolingual", "Cross-lingual", "Multilingual"]
    assert [len(group.tasks[0].hf_subsets) for group in grouping.groups] == [11, 110, 11]


def test_unknown_version_of_mteb_is_left_alone_and_told(caplog):
    from types import ModuleType

    host._add_tasks(ModuleType("mteb.get_tasks"))
    host._add_benchmark(ModuleType("mteb.benchmarks.get_benchmark"))
    assert [record.message.partition("(")[0] for record in caplog.records] == ["This version of MTEB is unknown "] * 2
