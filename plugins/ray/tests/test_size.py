import pytest

from beir_hybrid_ray.size import WorkerSize, choose_size, fitting


@pytest.mark.parametrize(
    ("nodes", "workers", "gpus", "size"),
    [
        pytest.param([(128, 8)], None, None, WorkerSize(8, 16, 1), id="one for each GPU"),
        pytest.param([(128, 8)], 4, None, WorkerSize(4, 32, 1), id="fewer than GPUs"),
        pytest.param([(128, 8)], None, 0, WorkerSize(32, 4, 0), id="no GPUs wanted"),
        pytest.param([(64, 0), (32, 2)], None, None, WorkerSize(2, 16, 1), id="only the node with GPUs counts"),
        pytest.param([(10, 0), (6, 0)], 3, None, WorkerSize(3, 5, 0), id="nodes of different size"),
        pytest.param([(2, 0)], None, None, WorkerSize(1, 2, 0), id="a small machine"),
        pytest.param([(2, 0)], 3, None, WorkerSize(3, 0.66, 0), id="more workers than CPUs"),
        pytest.param([(8, 1)], 2, None, WorkerSize(2, 1, 1), id="more workers than GPUs"),
        pytest.param([], 2, None, WorkerSize(2, 1, 0), id="nothing yet"),
    ],
)
def test_workers_share_the_whole_cluster(nodes, workers, gpus, size):
    assert choose_size(nodes, workers, gpus) == size


def test_threads_are_whole_cpus_and_at_least_one():
    assert [WorkerSize(1, cpus, 0).threads for cpus in (0.5, 1, 16)] == [1, 1, 16]


def test_fitting_counts_by_node():
    assert fitting([(10, 0), (6, 0)], 5, 0) == 3
    assert fitting([(8, 1), (8, 4)], 2, 1) == 5
    assert fitting([(1, 0)], 0.5, 0) == 2
