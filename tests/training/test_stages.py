import json
import shutil
import signal
import subprocess
import sys

import pytest
from sentence_transformers import SentenceTransformer

from beir_hybrid.errors import BatchError, ConfigurationError, OutputError, UnknownNameError
from beir_hybrid.training.config import read_config
from beir_hybrid.training.stages import train_stages
from beir_hybrid.training.train import RunFinishedError

TEXT = """\
model: static:8
train_data: {data}
per_device_train_batch_size: 4
max_steps: 6
save_steps: 2
stages:
  - {{name: warm, strategy: x-x-mono}}
  - {{strategy: hybrid(alpha=0.5), learning_rate: 0.05}}
"""


@pytest.fixture
def stages_of(tmp_path, pairs):
    data = tmp_path / "tiny.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in pairs.table.to_pylist()), encoding="utf-8")

    def make(text=TEXT, output="out", **given):
        path = tmp_path / "stages.yaml"
        path.write_text(text.format(data=data), encoding="utf-8")
        return read_config(path).requests({"output": tmp_path / output, **given}, {})

    return make


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


def test_each_stage_begins_with_the_model_of_the_one_before_and_inherits_what_all_have(stages_of, tmp_path):
    (first, warm), (second, hybrid) = stages_of()
    assert (first, second) == ("warm", "hybrid")
    assert (warm.model, hybrid.model) == ("static:8", str(tmp_path / "out" / "1-warm"))
    assert hybrid.output == tmp_path / "out" / "2-hybrid"
    assert hybrid.arguments == {
        "per_device_train_batch_size": 4,
        "max_steps": 6,
        "save_steps": 2,
        "learning_rate": 0.05,
        "num_train_epochs": 30,
        "weight_decay": 0.0,
    }
    assert (warm.strategy, hybrid.strategy) == ("x-x-mono", "hybrid(alpha=0.5)")


def test_stages_after_a_static_model_have_its_learning_rate_and_others_that_of_transformers(stages_of, tmp_path):
    text = TEXT.replace(", learning_rate: 0.05", "")
    assert [request.arguments.get("learning_rate") for _, request in stages_of(text)] == [None, 0.1]
    given = stages_of(text, model=str(tmp_path))
    assert [request.arguments.get("learning_rate") for _, request in given] == [None, None]
    everywhere = stages_of("learning_rate: 0.02\n" + text)
    assert [request.arguments["learning_rate"] for _, request in everywhere] == [0.02, 0.02]


def test_folder_of_all_stages_loads_as_the_last_ones_model_and_its_card_tells_all(stages_of, tmp_path):
    told = []
    trained = train_stages(stages_of(), lambda number, each: told.append((number, each.steps)))
    root = tmp_path / "out"
    assert (told, trained.folder) == ([(1, 6), (2, 6)], root)
    assert weights(root) == weights(root / "2-hybrid") != weights(root / "1-warm")
    assert SentenceTransformer(str(root)).prompts["query"] == "Query: "
    card = (root / "README.md").read_text(encoding="utf-8")
    assert "1. `warm` (x-x-mono, mnrl on" in card
    assert "2. `hybrid` (hybrid(alpha=0.5), mnrl on" in card


@pytest.mark.parametrize("stage", [1, 2])
def test_stages_killed_in_one_end_as_undisturbed_ones(stages_of, tmp_path, monkeypatch, stage):
    train_stages(stages_of(output="whole"))
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from beir_hybrid.training.config import read_config\n"
        "from beir_hybrid.training.resumable import ResumableTrainer\n"
        "from beir_hybrid.training.stages import train_stages\n"
        "save = ResumableTrainer._save_checkpoint\n"
        "def kill(trainer, *args):\n"
        "    save(trainer, *args)\n"
        f"    if trainer.state.global_step == 4 and '{stage}-' in str(trainer.args.output_dir):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "ResumableTrainer._save_checkpoint = kill\n"
        "train_stages(read_config(Path('stages.yaml')).requests({'output': Path('out')}, {}))\n"
    )
    monkeypatch.chdir(tmp_path)
    stages_of()  # writes the file
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "out" / "modules.json").exists()
    again = read_config(tmp_path / "stages.yaml").requests({"output": "out", "resume": True}, {})
    train_stages(again)
    for folder in ("", "1-warm", "2-hybrid"):
        assert weights(tmp_path / "out" / folder) == weights(tmp_path / "whole" / folder)
    with pytest.raises(RunFinishedError, match="Nothing is left to resume"):
        train_stages(again)


def test_finished_stages_are_kept_and_a_missing_final_model_is_put_back(stages_of, tmp_path):
    train_stages(stages_of())
    whole = weights(tmp_path / "out")
    (tmp_path / "out" / "modules.json").unlink()  # killed while it was put there
    (tmp_path / "out" / "model.safetensors").unlink()
    with pytest.raises(RunFinishedError):
        train_stages(stages_of(resume=True))
    assert weights(tmp_path / "out") == whole


def test_later_stage_that_is_wrong_is_refused_before_the_first_begins(stages_of, tmp_path):
    for wrong, error, told in [
        ("strategy: hybird", UnknownNameError, r"^Stage 2, hybird: .*hybrid"),
        ("max_step: 3", ConfigurationError, r"^Stage 2, hybrid: Unknown training argument .*max_step.*--max_steps"),
        ("per_device_train_batch_size: 500", BatchError, r"^Stage 2, hybrid: "),
    ]:
        text = TEXT.replace("strategy: hybrid(alpha=0.5), learning_rate: 0.05", wrong)
        with pytest.raises(error, match=told):
            train_stages(stages_of(text))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stages: []\n", r"line 1: stages is \[\]"),
        ("stages: hybrid\n", "stages is 'hybrid'"),
        ("stages: [3]\n", "not a mapping"),
        ("stages:\n  - strategy: x-y\n  - model: other\n", "line 3: stage 2 has model"),
        ("stages:\n  - strategy: x-y\n  - pooling: cls\n", "line 3: stage 2 has pooling"),
        ("stages:\n  - output: there\n", "line 2: a stage has output"),
        ("stages:\n  - name: a/b\n", "the stage's name is 'a/b'"),
        ("stages:\n  - strategy: x-y\n", "Stage 1, x-y, has no model"),
        ("model: static\nstages:\n  - strategy: x-y\n", "Stage 1, x-y, has no train_data"),
        ("model: static\ntrain_data: sample\nstages:\n  - scale: x\n", "scale is 'x'"),
    ],
)
def test_file_of_stages_that_cannot_be_is_refused_in_one_line(stages_of, text, told):
    with pytest.raises(ConfigurationError, match=told):
        stages_of(text)


def test_folder_of_other_stages_is_kept_unless_it_is_resumed_or_replaced(stages_of, tmp_path):
    train_stages(stages_of())
    with pytest.raises(OutputError, match="holds other stages"):
        train_stages(stages_of())
    other = TEXT.replace("name: warm", "name: cold")
    with pytest.raises(ConfigurationError, match="were warm, hybrid, now cold, hybrid"):
        train_stages(stages_of(other, resume=True))
    train_stages(stages_of(other, overwrite=True))
    assert sorted(path.name for path in (tmp_path / "out").glob("?-*")) == ["1-cold", "2-hybrid"]


def test_folder_of_other_things_is_refused(stages_of, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds other things than stages"):
        train_stages(stages_of(overwrite=True))
    shutil.rmtree(tmp_path / "out")


def test_changed_option_of_a_finished_stage_is_refused(stages_of):
    train_stages(stages_of())
    with pytest.raises(ConfigurationError, match=r"Stage 1, warm: .*scale: 20.0 before, 10.0 now"):
        train_stages(stages_of(TEXT.replace("name: warm", "name: warm, scale: 10"), resume=True))
