from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import beir_hybrid.hosts.beir
from beir_hybrid.cli.main import main
from beir_hybrid.datasets import load_pairs
from beir_hybrid.registry import MEASURES
from beir_hybrid.training import static_model

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def lines(monkeypatch, capsys):
    """Run an example and give the lines it printed."""
    monkeypatch.setattr(MEASURES, "_called", {})  # what one registers is forgotten

    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    yield run
    beir_hybrid.hosts.beir.deactivate()


def test_custom_metrics_are_all_measured(lines):
    starts = [line.split()[0] for line in lines("custom_metrics.py")]
    assert starts == [
        *("MRR@10", "rank_distance@10", "same_language_share@10", "language_share[ar]@10", "ndkl@10", "mrc@10"),
        *("peer@10", "one_target_map[ar]"),
    ]


@pytest.mark.slow
def test_hybrid_training_is_better_across_languages_by_both_evaluations(lines):
    printed = "\n".join(lines("train_and_evaluate.py"))
    ours = [float(value) for value in re.findall(r"^  multi .*?ndcg@10 ([0-9.]+)", printed, re.MULTILINE)]
    beirs = [float(value) for value in re.findall(r"en-all, by BEIR: NDCG@10 ([0-9.]+)", printed)]
    for mono, hybrid in (ours, beirs):
        assert hybrid > 1.1 * mono


def test_own_data_are_trained_on_and_hybrid_batches_are_better_across_languages(lines):
    printed = lines("own_data.py")
    assert printed[0] == "192 questions to learn from, in de, en, ro; 16 groups for the test"
    assert {line.split(" ", 2)[2] for line in printed[1:4]} <= {
        f"{kind}, 16 different groups" for kind in ("x-x-mono", "x-y")
    }
    scores = {line.split()[0]: [float(each) for each in line.split()[2::2]] for line in printed if " multi " in line}
    for mono, hybrid in list(zip(scores["x-x-mono"], scores["hybrid"], strict=True))[1:]:
        assert hybrid > 1.1 * mono


def test_own_data_are_read_from_a_file(lines, tmp_path):
    rows = [
        {"group": str(group), "language": code, "question": f"{code} {group}?", "passage": f"{code} {group}."}
        for group in range(40)
        for code in ("de", "fr")
    ]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    printed = lines("own_data.py", str(tmp_path / "mine.jsonl"))
    assert printed[0] == "64 questions to learn from, in de, fr; 8 groups for the test"
    assert sum(" multi " in line for line in printed) == 2


def test_queries_are_analysed_by_language_group_and_bias(lines):
    printed = lines("query_analysis.py")
    starts = [line.split()[0] for line in printed if line]
    assert {"mono", "cross", "multi"} <= set(starts)
    tables = "\n".join(printed).split("\n\n")
    assert [len(table.splitlines()) for table in tables[1:]] == [8, 7, 7]  # a title, a heading, and five rows
    worst = [float(line.split()[1]) for line in tables[1].splitlines()[3:]]
    assert worst == sorted(worst)


def test_own_measure_is_strict_where_there_is_more_than_one_answer(lines):
    by_kind = {line.split()[0]: [float(value) for value in line.split()[2::2]] for line in lines("own_measure.py")}
    for kind in ("mono", "cross"):  # a single answer
        assert by_kind[kind][0] == by_kind[kind][1] <= by_kind[kind][2]
    assert by_kind["multi"][0] > by_kind["multi"][1] <= by_kind["multi"][2]


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Run a shell script with stand-ins for the commands in it, which note their words; gives these lines of words."""

    def run(name, *arguments, **variables):
        (tmp_path / "bin").mkdir()
        for command in ("beir-hybrid", "torchrun"):
            stand_in = tmp_path / "bin" / command
            stand_in.write_text(f'#!/bin/sh\necho {command} "$@" >> "{tmp_path}/said.txt"\n')
            stand_in.chmod(0o755)
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        given = os.environ | {"PATH": path} | {key: str(value) for key, value in variables.items()}
        subprocess.run(["bash", EXAMPLES / name, *arguments], env=given, check=True, cwd=tmp_path)
        return [line.split() for line in (tmp_path / "said.txt").read_text().splitlines()]

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    return run


def invoke(words):
    ended = CliRunner().invoke(main, words, catch_exceptions=False)
    assert ended.exit_code == 0, ended.output


def test_several_gpus_train_together_and_share_the_encoding(commands):
    words = ("--languages", "de,en", "--max_steps", "2", "--per_device_train_batch_size", "8")
    variables = {"TRAIN_DATA": "sample", "MODEL": "static:8", "DATASET": "sample.de", "OUTPUT": "run"}
    train, evaluate = commands("several_gpus.sh", *words, **variables, GPUS=2)
    launch, of_each = train[: train.index("beir-hybrid")], train[train.index("beir-hybrid") + 1 :]
    assert launch == ["torchrun", "--standalone", "--nproc-per-node", "2", "--no-python"]
    assert evaluate[-2:] == ["--device", "cuda:0,cuda:1"]
    # what each process does, here alone and without a GPU
    invoke(of_each)
    invoke(evaluate[1:-2])
    assert json.loads(Path("run/evaluation/results.json").read_text())["settings"]["de"]["queries"] > 0


def test_bm25_and_a_model_are_fused_and_compared(commands):
    pytest.importorskip("beir_hybrid_pyserini", reason="the plug-in for Pyserini is not installed")
    from beir_hybrid_pyserini import java
    from beir_hybrid_pyserini.java import JavaError

    try:
        java.start()
    except JavaError as error:
        pytest.skip(str(error))
    static_model(load_pairs("sample", languages=["de", "en"]), dimensions=8).save_pretrained("model")
    variables = {"MODEL": "model", "DATASET": "sample", "OUTPUT": "out", "SETTINGS": "en,de-en"}
    for words in commands("bm25_fusion.sh", **variables):
        invoke(words[1:])
    found = [json.loads(path.read_text())["settings"] for path in sorted(Path("out").glob("*/results.json"))]
    assert [set(settings) for settings in found] == [{"de-en", "en"}] * 3


def test_negatives_are_refreshed_by_each_round_s_model_and_what_is_there_is_not_mined_again(commands):
    static_model(load_pairs("sample", languages=["de", "en"]), dimensions=8).save_pretrained("model")
    variables = {"TRAIN_DATA": "sample", "MODEL": "model", "OUTPUT": "out", "NEGATIVES": 2}
    words = ("--languages", "de,en", "--max_steps", "2", "--per_device_train_batch_size", "8")
    lines = commands("refresh_negatives.sh", *words, **variables)
    assert [line[1] for line in lines] == ["mine", "train", "mine", "train"]
    for line in [*lines, lines[-1]]:  # a round that is finished goes on with what follows
        invoke(line[1:])
    assert json.loads(Path("out/round-2/run.json").read_text())["options"]["model"] == "out/round-1"
    assert (Path("out/mined-2") / "pairs.json").is_file()
    again = subprocess.run(
        ["bash", EXAMPLES / "refresh_negatives.sh"],
        env=os.environ | {key: str(value) for key, value in variables.items()} | {"PATH": f"bin:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
    )
    assert b"The last round's model is in out/round-2." in again.stdout
    assert [line.split()[1] for line in Path("said.txt").read_text().splitlines()[4:]] == ["train", "train"]
