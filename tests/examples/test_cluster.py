"""The scripts for SLURM, run with stand-ins for its commands, and the description of a Ray cluster."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from beir_hybrid.datasets import load_pairs
from beir_hybrid.training.base_models import static_model

CLUSTER = Path(__file__).parents[2] / "examples" / "cluster"
SCRIPTS = sorted([*CLUSTER.glob("*.sbatch"), *CLUSTER.glob("*.sh")])

# runs the script at once, as often as the array has jobs, and notes what was asked for; fails jobs that FAIL names
SBATCH = """
import os, subprocess, sys
options = [word for word in sys.argv[1:] if word.startswith("--") and word.split("=")[0] in
           ("--parsable", "--array", "--dependency", "--nodes")]
words = [word for word in sys.argv[1:] if word not in options]
given = dict(word.partition("=")[::2] for word in options)
with open("jobs.txt", "a") as jobs:
    jobs.write(" ".join(sys.argv[1:]) + chr(10))
first, _, last = given.get("--array", "").partition("-")
numbers = [""] if not first else [str(n) for n in range(int(first), int(last or first) + 1)]
for number in numbers:
    job = {"SLURM_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_COUNT": str(len(numbers))}
    with open("log.txt", "a") as log:
        ended = subprocess.run(["bash", *words], env={**os.environ, **job}, stdout=log, stderr=log)
    if ended.returncode:
        sys.exit(open("log.txt").read()[-6000:])
print("7;cluster" if "--parsable" in given else "Submitted batch job 7")
"""

# runs the command once for each node, side by side
SRUN = """
import os, subprocess, sys
words = [word for word in sys.argv[1:] if word != "--kill-on-bad-exit=1"]
nodes = [
    subprocess.Popen(words, env={**os.environ, "SLURM_NODEID": str(node), "SLURM_PROCID": str(node)})
    for node in range(int(os.environ["SLURM_NNODES"]))
]
sys.exit(max(node.wait() for node in nodes))
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """A folder to work in, with stand-ins for SLURM's commands on the path."""
    commands = tmp_path / "bin"
    commands.mkdir()
    python = shlex.quote(sys.executable)
    for name, code in (("sbatch", SBATCH), ("srun", SRUN)):
        (commands / f"{name}.py").write_text(code)
        (commands / name).write_text(f'#!/bin/sh\nexec {python} {commands / name}.py "$@"\n')
    # more names than a pipe holds: one that reads only the first would break it
    (commands / "scontrol").write_text("#!/bin/sh\necho 127.0.0.1\nexec seq -f node%.0f 2 20000\n")
    (commands / "beir-hybrid").write_text(f'#!/bin/sh\nexec {python} -m beir_hybrid "$@"\n')
    (commands / "torchrun").write_text(f'#!/bin/sh\nexec {python} -m torch.distributed.run "$@"\n')
    for command in commands.iterdir():
        command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_right_bash_and_say_what_is_missing(script, slurm):
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    if script.suffix == ".sbatch":
        ended = subprocess.run(["bash", script], capture_output=True, text=True, check=False)
        assert ended.returncode != 0
        assert re.search(r": (MODEL|DATASET): (a folder, or a name on the hub|such as miracl)$", ended.stderr.strip())


def test_array_encodes_and_the_job_that_depends_on_it_evaluates(slurm, monkeypatch):
    static_model(load_pairs("sample", languages=["de", "en"]), dimensions=8).save_pretrained("model")
    variables = {"MODEL": "model", "DATASET": "sample", "VECTORS": "vectors", "RESULTS": "results", "PARTS": "2"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    submit = (CLUSTER / "submit.sh", "--store-dtype", "float16")
    ended = subprocess.run(["bash", *submit], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    encode, evaluate = (slurm / "jobs.txt").read_text().splitlines()
    assert encode == f"--parsable --array=0-1 {CLUSTER / 'encode.sbatch'} --store-dtype float16"
    assert evaluate == f"--dependency=afterok:7 {CLUSTER / 'evaluate.sbatch'}"
    results = json.loads((slurm / "results" / "results.json").read_text(encoding="utf-8"))
    assert results["dataset"] == "sample"
    assert 0 < results["scores"]["multi"]["map"] < 1
    # one part alone, submitted again: all of it is there
    alone = ["sbatch", "--array=1", CLUSTER / "encode.sbatch", "--store-dtype", "float16"]
    again = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "0 shards written" in (slurm / "log.txt").read_text()


@pytest.mark.slow
def test_nodes_train_one_model_and_a_requeued_job_is_done(slurm, monkeypatch):
    variables = {"MODEL": "static:8", "TRAIN_DATA": "sample", "OUTPUT": "run", "SLURM_NNODES": "2"}
    variables |= {"SLURM_JOB_NODELIST": "node[0-1]", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    job = ["sbatch", "--nodes=2", CLUSTER / "train.sbatch", "--max_steps", "4", "--save_steps", "2"]
    job += ["--per_device_train_batch_size", "8"]
    for attempt in range(2):
        ended = subprocess.run(job, capture_output=True, text=True, check=False, timeout=280)
        assert ended.returncode == 0, ended.stderr
        log = (slurm / "log.txt").read_text()
        assert log.count("Trained 4 steps") == 1
        assert log.count("Nothing is left to resume") == attempt
    assert json.loads((slurm / "run" / "batches.json").read_text())["plan"]["world_size"] == 2


def test_ray_itself_takes_the_description_of_its_cluster():
    description = yaml.safe_load((CLUSTER / "ray.yaml").read_text(encoding="utf-8"))
    assert description["max_workers"] == len(description["provider"]["worker_ips"])
    util = pytest.importorskip("ray.autoscaler._private.util")
    util.validate_config(util.prepare_config(description))


def test_page_names_every_file_beside_it():
    page = (CLUSTER / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in CLUSTER.iterdir() if path.name != "README.md"}
    assert set(re.findall(r"\]\(([^)]+)\)", page)) == files
