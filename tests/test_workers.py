import os

import pytest

from beir_hybrid.errors import ConfigurationError, MissingDataError, PluginError, WorkerError
from beir_hybrid.registry import CLUSTERS
from beir_hybrid.workers import LocalWorkers, open_workers, processors, split_address


@pytest.fixture
def register(monkeypatch):
    return lambda name, opener: monkeypatch.setitem(CLUSTERS._called, name, opener)


@pytest.fixture
def without_ray(monkeypatch):
    monkeypatch.setattr("beir_hybrid.registry.registry.points_of", lambda group: [])


def test_local_workers_do_tasks_in_order_and_advance_by_weight():
    advanced = []
    results = LocalWorkers().run(lambda task: task * 2, [1, 2, 3], weights=[5, 6, 7], advance=advanced.append)
    assert next(results) == (0, 2)
    assert advanced == [5]
    assert list(results) == [(1, 4), (2, 6)]
    assert advanced == [5, 6, 7]


def test_without_weights_each_task_counts_one():
    advanced = []
    assert len(list(LocalWorkers().run(str, "abc", advance=advanced.append))) == 3
    assert advanced == [1, 1, 1]


def test_local_error_is_raised_as_it_is():
    def work(task):
        raise MissingDataError(f"{task} is not there.")

    with pytest.raises(MissingDataError, match=r"^7 is not there\.$"):
        list(LocalWorkers().run(work, [7]))


def test_no_cluster_is_this_process():
    assert isinstance(open_workers(None), LocalWorkers)


def test_workers_without_a_cluster_are_refused():
    with pytest.raises(ConfigurationError, match=r"^--workers is 4, and no cluster is given. Give --cluster local"):
        open_workers(None, 4)


@pytest.mark.parametrize("cluster", ["local", "auto", "head:6379", "ray://head:10001"])
def test_missing_plugin_is_named_with_its_distribution(without_ray, cluster):
    with pytest.raises(PluginError) as raised:
        open_workers(cluster)
    assert str(raised.value) == (
        f"The cluster {cluster!r} needs the plug-in beir-hybrid-ray, which is not installed. "
        "In beir-hybrid's repository run: pip install plugins/ray"
    )


def test_address_goes_to_the_plugin_it_names(register):
    opened = []

    def opener(address, *, workers, gpus):
        opened.append((address, workers, gpus))
        return LocalWorkers()

    register("toy", opener)
    for cluster in ("toy:local", "toy:head:7", "toy://head:7"):
        open_workers(cluster, 3, gpus=0)
    assert opened == [("local", 3, 0), ("head:7", 3, 0), ("toy://head:7", 3, 0)]
    assert split_address("toy") == ("ray", "toy")


def test_plugin_that_opens_something_else_is_refused(register):
    register("toy", lambda address, *, workers, gpus: ["worker"])
    with pytest.raises(PluginError, match=r"The cluster 'toy': it opens a list. It must return a beir_hybrid.workers"):
        open_workers("toy:local")


def test_error_of_the_plugin_is_raised_as_it_is(register):
    def opener(address, *, workers, gpus):
        raise WorkerError(f"Nobody answers at {address}.")

    register("toy", opener)
    with pytest.raises(WorkerError, match=r"Nobody answers at here\."):
        open_workers("toy:here")


def test_opener_of_another_form_is_refused(register):
    register("toy", lambda address: LocalWorkers())
    with pytest.raises(PluginError, match=r"cannot be called with address, workers= and gpus="):
        open_workers("toy:local")


@pytest.mark.parametrize(
    ("allowed", "count"), [("1", 1), ("2,1", 2), ("99", 3), ("", 3), ("0", 3), ("many", 3)], ids=str
)
def test_threads_are_as_many_as_the_environment_allows(monkeypatch, allowed, count):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {1, 5, 7}, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", allowed)
    assert processors() == count
