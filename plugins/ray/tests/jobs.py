"""Work for the tests, which processes of a cluster import by its path."""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

AGENTS = ("ray::Dashboard", "ray::RuntimeEnv")
"""Ray's own processes that take a minute to notice that the command was killed; they do no tasks."""
LONG = """
import jobs
from beir_hybrid.workers import open_workers

with open_workers("local", 2) as workers:
    for answer in workers.run(jobs.slow, range(200)):
        print(answer, flush=True)
"""
TOKENIZING = """
import psutil
from tokenizers import Tokenizer, models

before = psutil.Process().num_threads()
Tokenizer(models.WordLevel({"?": 0}, unk_token="?")).encode_batch(["a text"] * 100)
print(psutil.Process().num_threads() - before)
"""


def slow(task):
    time.sleep(0.2)
    return task


def warn(task):
    logging.getLogger("beir_hybrid.any").warning("3 rows are left out.")
    logging.getLogger("beir_hybrid.any").info("This is a detail.")
    return task


def unsendable(task):
    return sys._getframe()


def threads(task):
    """Count the threads that a worker's libraries compute with."""
    import torch

    from beir_hybrid.workers import processors

    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "true"}  # which the tests turn off
    told = subprocess.run([sys.executable, "-c", TOKENIZING], env=environment, capture_output=True, check=True)
    return processors(), torch.get_num_threads(), int(told.stdout)


def begin(task):
    """Say when a task is begun, and take a while."""
    began = time.monotonic()
    time.sleep(0.1)
    return os.getpid(), began, time.monotonic()


def signalled(number, end):
    """Start a driver with two workers, signal it in the middle, and return its exit code, processes and output."""
    import psutil

    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}  # that of its workers, too
    process = subprocess.Popen(
        [sys.executable, "-c", LONG],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    process.stdout.readline()
    below = psutil.Process(process.pid).children(recursive=True)
    below = [each for each in below if not each.name().startswith(AGENTS)]
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    deadline = time.monotonic() + end
    while (left := [each for each in below if each.is_running()]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return process.returncode, [each.name() for each in left], output.decode()


def kill(task):
    if task == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    return task
