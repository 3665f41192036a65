"""Training on two nodes of one process each, which are two launchers on this machine."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess

import psutil
import pytest
from safetensors.numpy import load_file

TRAIN = (
    "-m beir_hybrid.cli.main train --model static:8 --train-data sample --languages de,en --strategy hybrid "
    "--save_total_limit 2 --per_device_train_batch_size 16"
)
TORCHRUN = "-m torch.distributed.run --nnodes 2 --nproc-per-node 1 --rdzv-backend c10d --local-addr 127.0.0.1"
ACCELERATE = "-m accelerate.commands.launch --multi_gpu --num_machines 2 --num_processes 2 --main_process_ip 127.0.0.1"
EACH = ("--save_on_each_node", "True")

pytestmark = pytest.mark.slow


@pytest.fixture
def start(start_together):
    """Start both nodes, each with an output folder and a cache of its own; without a launcher, which costs seconds."""

    def run(outputs, *words, steps=12, every=4, launcher=None):
        words = (*TRAIN.split(), "--max_steps", steps, "--save_steps", every, *words)
        programs = [(*words, "--output", output) for output in outputs]
        for output in outputs:
            output.parent.mkdir(parents=True, exist_ok=True)
        logs = [output.with_name(f"log{rank}.txt") for rank, output in enumerate(outputs)]
        caches = [{"BEIR_HYBRID_CACHE": output.parent / f"cache{rank}"} for rank, output in enumerate(outputs)]
        if launcher is None:
            return start_together(*programs, logs=logs, nodes=caches)
        begun.extend(launched(launcher, programs, logs, caches))
        return begun[-2:]

    begun = []
    yield run
    for node in begun:
        if node.poll() is None:
            end(node)
            node.wait()


def launched(launcher, programs, logs, caches):
    """Start both nodes as users do, on one machine."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    nodes = []
    for rank, (program, log, cache) in enumerate(zip(programs, logs, caches, strict=True)):
        if launcher == "torchrun":
            launch = [*TORCHRUN.split(), "--rdzv-endpoint", f"127.0.0.1:{port}", "--node-rank", rank]
        else:
            launch = [*ACCELERATE.split(), "--main_process_port", port, "--machine_rank", rank]
        command = [str(word) for word in (sys.executable, *launch, *program)]
        told = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", **{name: str(path) for name, path in cache.items()}}
        with log.open("w") as file:
            nodes.append(subprocess.Popen(command, env=os.environ | told, stdout=file, stderr=file))
        time.sleep(0.2)  # torchrun numbers the nodes of one machine by the processes' numbers
    return nodes


def finish(nodes):
    """Wait for both nodes; gives their exit codes."""
    for node in nodes:
        node.join(240) if isinstance(node, BaseProcess) else node.wait(240)
    return [node.exitcode if isinstance(node, BaseProcess) else node.returncode for node in nodes]


def end(node):
    """Kill a node with all its processes, as a power cut does; the workers of torchrun are in sessions of their own."""
    for one in [*psutil.Process(node.pid).children(recursive=True), psutil.Process(node.pid)]:
        one.send_signal(signal.SIGKILL)


@pytest.fixture
def train(start):
    """Train on both nodes to the end."""

    def run(outputs, *words, **options):
        codes = finish(start(outputs, *words, **options))
        assert codes == [0, 0], "\n".join(path.read_text()[-1500:] for path in outputs[0].parent.glob("log*.txt"))

    return run


def errors(outputs):
    """The lines that each node's process ended with."""
    logs = [output.with_name(f"log{rank}.txt").read_text() for rank, output in enumerate(outputs)]
    assert not any("Traceback" in log.partition("Error: ")[0] for log in logs), logs  # torchrun's own comes after
    return [line for log in logs for line in re.findall(r"(?:^|\])(Error: .*)", log, re.MULTILINE)]  # or after a bar


def checkpoints(output):
    return sorted(int(path.name.rpartition("-")[2]) for path in (output / "checkpoints").glob("checkpoint-*"))


def assert_same_weights(one, other):
    weights, others = (load_file(output / "model.safetensors") for output in (one, other))
    assert weights.keys() == others.keys()
    assert all((weights[name] == others[name]).all() for name in weights)


def test_nodes_that_share_a_folder_write_it_once(train, tmp_path):
    train([tmp_path / "out"] * 2, launcher="torchrun")
    logs = "".join((tmp_path / f"log{rank}.txt").read_text() for rank in (0, 1))
    assert logs.count("Trained 12 steps") == 1
    assert checkpoints(tmp_path / "out") == [8, 12]
    for step in (8, 12):
        folder = tmp_path / "out" / "checkpoints" / f"checkpoint-{step}"
        assert {path.name for path in folder.glob("rng_state*")} == {"rng_state_0.pth", "rng_state_1.pth"}


def test_each_node_has_a_whole_run_of_its_own(train, tmp_path):
    outputs = [tmp_path / "a" / "out", tmp_path / "b" / "out"]
    train(outputs, *EACH)
    assert_same_weights(*outputs)
    for rank, output in enumerate(outputs):
        assert (output / "modules.json").is_file()
        assert checkpoints(output) == [8, 12]
        saved = {path.name for path in (output / "checkpoints" / "checkpoint-8").glob("rng_state*")}
        assert saved == {f"rng_state_{rank}.pth"}


@pytest.mark.parametrize("shared", [True, False])
def test_one_killed_node_resumes_with_the_other_and_ends_with_the_same_weights(start, train, tmp_path, shared):
    words = () if shared else EACH
    folders = ("out", "out") if shared else ("a", "b")
    whole, cut = ([tmp_path / name / folder for folder in folders] for name in ("whole", "cut"))
    if not shared:
        whole, cut = ([path / "out" for path in paths] for paths in (whole, cut))
    train(whole, *words, steps=120, every=10)

    nodes = start(cut, "--resume", *words, steps=120, every=10, launcher="torchrun" if shared else None)
    deadline = time.monotonic() + 120
    while not (cut[1] / "checkpoints" / "checkpoint-10" / "checksums.json").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    end(nodes[1])
    assert finish(nodes)[0] != 0
    assert not (cut[0] / "modules.json").exists()
    assert checkpoints(cut[0])
    assert "Another process of the run has ended" in errors(cut)[0]

    train(cut, "--resume", *words, steps=120, every=10)
    log = cut[0].with_name("log0.txt").read_text()
    assert "starts from the beginning" not in log
    for mine, theirs in zip(whole, cut, strict=True):
        assert_same_weights(mine, theirs)
    train(cut, "--resume", *words, steps=120, every=10)  # a finished run is left as it is, by both
    assert "Nothing is left to resume" in cut[0].with_name("log0.txt").read_text()


def test_node_that_does_not_see_the_folder_is_told_by_both(start, train, tmp_path):
    outputs = [tmp_path / "a" / "out", tmp_path / "b" / "out"]
    assert finish(start(outputs))[0] != 0
    lines = errors(outputs)
    assert len(lines) == 2
    assert all("Not all nodes see what the first one writes" in line for line in lines)
    assert not any(output.exists() for output in outputs)
    train(outputs, "--save_strategy", "no")
    assert not (outputs[1] / "modules.json").exists()


def test_nodes_that_would_write_the_same_files_are_told(start, tmp_path):
    outputs = [tmp_path / "out"] * 2
    assert finish(start(outputs, *EACH))[0] != 0
    lines = errors(outputs)
    assert len(lines) == 2
    assert all("all nodes would write the same files" in line for line in lines)


def test_what_one_node_lacks_is_told_by_both_in_a_line(start, tmp_path):
    outputs = [tmp_path / "a" / "out", tmp_path / "b" / "out"]
    outputs[1].mkdir(parents=True)
    (outputs[1] / "notes.txt").touch()
    assert finish(start(outputs, *EACH))[0] != 0
    lines = errors(outputs)
    assert len(lines) == 2
    assert all("holds other things" in line for line in lines)
    assert not outputs[0].exists()


def test_accelerate_launches_on_two_machines(train, tmp_path):
    train([tmp_path / "out"] * 2, launcher="accelerate")
    assert (tmp_path / "out" / "modules.json").is_file()
    assert checkpoints(tmp_path / "out") == [8, 12]
