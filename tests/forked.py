"""What a process that conftest.py forks does first: it becomes ``python WORDS`` with an environment of its own.

Run with ``runpy``, which brings the words, the environment, the folder to work in and the file for what it prints.
"""

import os
import runpy
import sys


def become(words, environment, folder, log_file):
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)
    first, *rest = words
    if first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(first, run_name="__main__")


if "GIVEN" in globals():
    become(*globals()["GIVEN"])
