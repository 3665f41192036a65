from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

import beir_hybrid.hosts.beir

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def lines(monkeypatch, capsys):
    """Run an example and give the lines it printed."""

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
