import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.datasets import load_pairs

SCRIPT = Path(__file__).with_name("process_script.py")
BATCH, SEED, EPOCHS = 16, 7, 3


@pytest.fixture
def train(launch, tmp_path):
    """Run the script on some processes; gives the first one's exit code."""

    def run(processes, folder, name, **options):
        return launch(processes, SCRIPT, folder, name, *(f"{key}={value}" for key, value in options.items()))[0]

    return run


def groups_of(folder, name, rank=0):
    """The groups of every batch that a process trained on, by step; batches of one step follow one another."""
    rows = [json.loads(line) for line in (folder / f"{name}-{rank}.jsonl").read_text().splitlines()]
    return [(row["step"], row["groups"]) for row in rows]


def planned(world_size=1, hold=1, batch_size=BATCH):
    plan = BatchPlan(
        load_pairs("sample", languages=["de", "en", "es"]).index,
        Hybrid(0.5),
        batch_size,
        seed=SEED,
        world_size=world_size,
        sampling=Sampling(hold=hold),
        epochs=EPOCHS,
    )
    return [plan.batch(epoch, step).groups for epoch in range(EPOCHS) for step in range(len(plan))]


def test_killed_run_goes_on_with_the_same_batches_and_ends_with_the_same_weights(train, tmp_path):
    assert train(1, tmp_path / "whole", "whole") == 0
    # 24 steps an epoch: step 43 is in the second, the last checkpoint before it at 40
    assert train(1, tmp_path / "cut", "cut", kill=43) == -9
    assert train(1, tmp_path / "cut", "rest", resume=1) == 0
    whole, rest = groups_of(tmp_path / "whole", "whole"), groups_of(tmp_path / "cut", "rest")
    assert [groups for _, groups in whole] == [groups.tolist() for groups in planned()]
    assert rest == whole[40:]
    weights, again = (
        torch.load(tmp_path / folder / f"{name}.pt", weights_only=True)
        for folder, name in (("whole", "whole"), ("cut", "rest"))
    )
    assert all(torch.equal(weights[key], again[key]) for key in weights)
    drawn = [json.loads((tmp_path / f / "checkpoint-72" / "batches.json").read_text()) for f in ("whole", "cut")]
    assert drawn[0] == drawn[1]
    assert drawn[0]["drawn"]["batches"] == 72


def test_passages_of_both_processes_are_negatives_and_no_two_answer_alike(train, tmp_path):
    assert train(2, tmp_path, "run", gather=1) == 0
    for rank in (0, 1):
        assert set((tmp_path / f"run-{rank}.passages").read_text().split()) == {str(2 * BATCH)}
    for (_, first), (_, second) in zip(*(groups_of(tmp_path, "run", rank) for rank in (0, 1)), strict=True):
        assert len({*first, *second}) == 2 * BATCH


def test_two_processes_share_every_step_and_resume_in_the_right_epoch(train, tmp_path):
    steps = planned(world_size=2)
    assert train(2, tmp_path / "whole", "whole") == 0
    for rank in (0, 1):
        part = slice(rank * BATCH, (rank + 1) * BATCH)
        trained = groups_of(tmp_path / "whole", "whole", rank)
        assert trained == [(step, groups[part].tolist()) for step, groups in enumerate(steps)]
    # 12 steps an epoch: step 23 is in the second, the last checkpoint before it at 20
    assert train(2, tmp_path / "cut", "cut", kill=23) != 0
    assert train(2, tmp_path / "cut", "rest", resume=1) == 0
    for rank in (0, 1):
        assert groups_of(tmp_path / "cut", "rest", rank) == groups_of(tmp_path / "whole", "whole", rank)[20:]
    ends = [json.loads((tmp_path / name / "checkpoint-36" / "batches.json").read_text()) for name in ("whole", "cut")]
    whole, cut = (end["losses"] for end in ends)  # of both processes, since nothing was logged
    assert {kind: count for kind, (_, count) in whole.items()} == {
        kind: 2 * count for kind, count in ends[0]["drawn"]["kinds"].items()
    }
    assert {kind: pytest.approx(sums, rel=1e-5) for kind, sums in whole.items()} == cut


def test_two_processes_have_batches_of_one_dataset_in_each_step_and_resume_with_the_same(train, tmp_path):
    assert train(2, tmp_path / "whole", "whole", beside=1) == 0
    first, second = (groups_of(tmp_path / "whole", "whole", rank) for rank in (0, 1))
    kinds = []
    for (_, one), (_, other) in zip(first, second, strict=True):
        both = np.array([one, other])
        assert both.shape == (2, BATCH)
        assert len(np.unique(both)) == 2 * BATCH
        kinds.append(set((both >= 10_000).ravel().tolist()))
    assert all(len(kind) == 1 for kind in kinds)
    # 12 planned steps an epoch, and half as many others
    assert [kind == {True} for kind in kinds].count(True) == 6 * EPOCHS
    assert len(kinds) == 18 * EPOCHS
    planned_ones = [one + other for (_, one), (_, other) in zip(first, second, strict=True) if one[0] < 10_000]
    assert planned_ones == [groups.tolist() for groups in planned(world_size=2)]
    # 18 steps an epoch: step 33 is in the second, the last checkpoint before it at 30
    assert train(2, tmp_path / "cut", "cut", kill=33, beside=1) != 0
    assert train(2, tmp_path / "cut", "rest", resume=1, beside=1) == 0
    for rank, whole in enumerate((first, second)):
        assert groups_of(tmp_path / "cut", "rest", rank) == whole[30:]
    weights, again = (
        torch.load(tmp_path / folder / f"{name}.pt", weights_only=True)
        for folder, name in (("whole", "whole"), ("cut", "rest"))
    )
    assert all(torch.equal(weights[key], again[key]) for key in weights)


@pytest.mark.slow
def test_split_batches_are_parts_of_one_planned_batch(train, tmp_path):
    assert train(2, tmp_path, "split", split=1) == 0
    parts = [groups_of(tmp_path, "split", rank) for rank in (0, 1)]
    joined = [one + other for (_, one), (_, other) in zip(*parts, strict=True)]
    assert joined == [groups.tolist() for groups in planned()]


def test_kind_is_held_over_accumulated_batches(train, tmp_path):
    assert train(1, tmp_path, "held", accumulate=3, hold=1) == 0
    assert [groups for _, groups in groups_of(tmp_path, "held")] == [groups.tolist() for groups in planned(hold=3)]


def test_no_group_is_on_two_processes_at_once():
    assert all(len(np.unique(groups)) == 2 * BATCH for groups in planned(world_size=2))


def test_command_line_runs_on_two_processes(tmp_path):
    words = "--model static:8 --train-data sample --languages de,en --max_steps 3 --per_device_train_batch_size 16"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    command += ["-m", "beir_hybrid.cli.main", "train", *words.split(), "--output", str(tmp_path / "out")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.count("Trained 3 steps") == 1
    drawn = json.loads((tmp_path / "out" / "batches.json").read_text())
    assert (drawn["plan"]["world_size"], drawn["drawn"]["examples"]) == (2, 3 * 2 * 16)
    assert (tmp_path / "out" / "modules.json").is_file()
