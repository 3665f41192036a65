from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from beir_hybrid.datasets import load_pairs
from beir_hybrid.datasets.beir.export import export_dataset
from beir_hybrid.training.base_models import static_model

SCRIPT = Path(__file__).parents[2] / "examples" / "evaluate_beir.py"
LAUNCH = ("-m", "beir_hybrid.cli.main", "run")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "static"
    static_model(load_pairs("sample", languages=["de", "en"]), dimensions=32).save_pretrained(str(folder))
    return folder


@pytest.fixture
def script(tmp_path):
    """The example, in a folder of its own, since it looks for its data beside itself."""
    return Path(shutil.copy(SCRIPT, tmp_path))


def run(script, *words, **variables):
    """Run words in the script's folder and give the lines printed."""
    ended = subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=script.parent,
        env={**os.environ, "PYTHONWARNINGS": "ignore", **variables},
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def measured(lines):
    """The lines of BEIR's own measures."""
    return [line for line in lines if line.startswith(("NDCG@1 ", "MAP@1 ", "Recall@1 ", "P@1 ", "MRR@1 "))]


def evaluate_both_ways(script, model, name, **variables):
    """Run it with Python alone on a folder that was written, and by the launcher on nothing."""
    folder = script.parent / "datasets"
    export_dataset(name, folder, **variables)
    plain = run(script, script, name, model)
    shutil.rmtree(folder)
    source = {"BEIR_HYBRID_DATA": str(variables["source"])} if variables else {}
    return plain, run(script, *LAUNCH, script, name, model, **source)


def test_python_alone_and_the_launcher_give_the_same_numbers(script, model):
    plain, launched = evaluate_both_ways(script, model, "sample.en-de")
    assert len(measured(plain)) == 5
    assert measured(launched) == measured(plain)


def test_the_launcher_tells_of_every_setting_that_a_pool_has(script, model):
    launched = run(script, *LAUNCH, script, "sample.en-all", model)
    assert len(measured(launched)) == 5
    report = script.parent / "beir-hybrid-results" / "sample.en-all" / "results.json"
    written = json.loads(report.read_text(encoding="utf-8"))
    assert len(written["settings"]) == 1 + 10 + 1
    scores = written["scores"]["multi"]
    assert scores["rank_distance"] > 0
    printed = dict(pair.rsplit(" ", 1) for line in measured(launched) for pair in line.split("  "))
    assert float(printed["NDCG@10"]) == pytest.approx(scores["ndcg@10"], abs=1e-5)


@pytest.mark.slow
def test_python_alone_and_the_launcher_agree_on_xquad_r(script, model, data):
    plain, launched = evaluate_both_ways(script, model, "xquad-r.en-de", source=data)
    assert len(measured(plain)) == 5
    assert measured(launched) == measured(plain)
