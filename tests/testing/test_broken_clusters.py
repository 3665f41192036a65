"""The contract of clusters finds what is broken, says what to fix, and blames little else."""

import pytest

COUNT = "test_there_are_as_many_workers_as_asked_for"
ONCE = "test_every_task_is_done_once"
PLAIN = "test_without_weights_each_task_counts_one"
KEPT = "test_work_is_kept_by_its_workers"
OURS = "test_own_error_is_raised_as_it_is"
OTHER = "test_other_error_is_a_line_that_names_the_task"
AGAIN = "test_task_of_a_killed_worker_is_done_again"
DEADLY = "test_task_that_kills_every_worker_is_named"
STOPS = "test_nothing_goes_on_when_the_caller_stops"
CLOSES = "test_closing_ends_all_processes"

CAUGHT = {
    "Sound": {},
    "Miscounting": {COUNT: "count is 3. 2 are asked for."},
    "Numbering": {
        ONCE: "Yield the number of each task, from 0 on, with its result.",
        OURS: "After an error, doubling 4 gives [(1, 8)].",
        AGAIN: "the results are [(1, 0), (2, 1), (3, 2), (4, 3)].",
    },
    "Repeating": {
        ONCE: "Doubling 100 to 111 gives [(0, 200), (0, 200), ",
        PLAIN: "Two tasks and none give [(",
        OURS: "doubling 4 gives [(0, 8), (0, 8)].",
        AGAIN: "",
    },
    "Silent": {ONCE: "advance() gets [].", PLAIN: "advance() gets []. Call it with 1 where there are no weights."},
    "Weightless": {ONCE: "advance() gets [1, 1, 1, "},
    "Weighing": {PLAIN: "advance() gets [0, 0]. Call it with 1"},
    "Reloading": {KEPT: "2 workers load 12 times for 12 tasks. Unpickle the work once in each worker, and keep it."},
    "Translating": {OURS: "MissingDataError arrives as WorkerError("},
    "Losing": {OURS: "The error of a task is lost. Raise it.", OTHER: "A task that divides by zero is not told."},
    "Nameless": {OTHER: "A task that divides by zero is told as 'A task fails.'. Wrap what it raises, and name"},
    "Raw": {OTHER: "A task that divides by zero raises ZeroDivisionError("},
    "Spent": {OURS: "After an error, doubling 4 gives []. Let run() be called again.", AGAIN: "the results are []."},
    "Mortal": {AGAIN: "Workers die at task 2."},
    "Forgetful": {
        AGAIN: "the results are [(0, 0), (1, 1), (3, 3)]. Give its tasks to another worker.",
        DEADLY: "A deadly task is not refused. Give up after a few workers.",
    },
    "Stubborn": {DEADLY: "20 workers die of a task. Give up after a few."},
    "Resigned": {DEADLY: "A deadly task is not refused."},
    "Hasty": {STOPS: "tasks are begun after the caller stopped. End the workers that are busy."},
    "Lingering": {CLOSES: "After close(), the processes "},
    "Alone": {OTHER: "raises ZeroDivisionError(", DEADLY: "A deadly task is not refused."},
    "Strange": {COUNT: "it opens a Strange. It must return a beir_hybrid.workers.Workers"},
}
LOUD = {"Strange"}  # nothing can be done with it


@pytest.fixture(scope="module")
def failures(try_plugins):
    points = {name.lower(): name.upper() for name in CAUGHT}
    return try_plugins("broken_clusters", "beir_hybrid.clusters", points, brought_by="toy_clusters")


@pytest.mark.parametrize("cluster", CAUGHT)
def test_contract_catches_what_is_broken_and_little_else(failures, cluster):
    found = failures[f"Test{cluster}"]
    assert found.keys() == CAUGHT[cluster].keys() or (cluster in LOUD and found.keys() > CAUGHT[cluster].keys()), found
    for test, message in CAUGHT[cluster].items():
        assert message in found[test]


def test_every_broken_cluster_is_tried(failures):
    assert failures.keys() == {f"Test{name}" for name in CAUGHT}
