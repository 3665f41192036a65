"""Losses in whole trainings of small static models."""

import json
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainerCallback

from beir_hybrid.datasets import load_pairs
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.loss_state import LOSS_FILE
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

LANGUAGES = ("de", "en", "es")


class Stop(TrainerCallback):
    """Interrupts as a user would."""

    def on_step_begin(self, args, state, control, **kwargs):
        if state.global_step == 6:
            raise KeyboardInterrupt


@pytest.fixture
def teacher(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    torch.manual_seed(2)
    static_model(load_pairs("sample", languages=LANGUAGES), 12).save(str(tmp_path / "teacher"))
    return str(tmp_path / "teacher")


@pytest.fixture
def scored(tmp_path):
    rows = load_pairs("sample", languages=LANGUAGES).table.to_pylist()
    for number, row in enumerate(rows):
        other = next(each["passage"] for each in rows[number:] + rows if each["group"] != row["group"])
        row |= {"score": 3.0, "negatives": [other], "negative_scores": [1.0]}
    path = tmp_path / "scored.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def run(tmp_path):
    def make(name, callbacks=(), resume=False, data="sample", **options):
        arguments = {
            **{"max_steps": 20, "per_device_train_batch_size": 12, "save_steps": 4, "logging_steps": 5, "seed": 3},
            **{"disable_tqdm": True, **options.pop("arguments", {})},
        }
        languages = None if data != "sample" else LANGUAGES
        request = TrainingRequest(
            "static:12", data, tmp_path / name, languages=languages, resume=resume, arguments=arguments, **options
        )
        return SimpleNamespace(trained=train(request, callbacks=callbacks), folder=tmp_path / name)

    return make


def options_of(loss, teacher):
    return {"loss": loss, **({"teacher": teacher} if loss in {"distil", "mimo"} else {})}


@pytest.mark.parametrize("loss", ["lakda", "distil", "mimo"])
def test_loss_is_lowered_and_named_in_the_card(run, teacher, loss):
    done = run("run", **options_of(loss, teacher))
    history = json.loads((done.folder / "history.json").read_text(encoding="utf-8"))
    rows = history["log"] if isinstance(history, dict) else history
    logged = [row["loss"] for row in rows if "loss" in row]
    assert logged[-1] < logged[0]
    assert f"- **Loss:** `{loss}" in (done.folder / "README.md").read_text(encoding="utf-8")
    assert not (done.folder / LOSS_FILE).exists()


@pytest.mark.parametrize("loss", ["margin-mse", "kl"])
def test_scores_are_learnt_and_validation_needs_none(run, scored, loss):
    done = run("run", data=scored, loss=loss, arguments={"negatives": 1, "max_steps": 8}, eval_data="sample")
    assert done.trained.selected.by == "loss"


@pytest.mark.parametrize("loss", ["lakda", "mimo"])
def test_resumed_training_equals_an_undisturbed_one(run, teacher, loss):
    options = options_of(loss, teacher)
    whole = run("whole", **options)
    with pytest.raises(KeyboardInterrupt):
        run("parts", callbacks=[Stop()], **options)
    parts = run("parts", resume=True, **options)
    ours, theirs = (load_file(next(each.folder.rglob("model.safetensors"))) for each in (whole, parts))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    if loss == "mimo":
        learnt = [load_file(each.folder / "checkpoints" / "checkpoint-20" / LOSS_FILE) for each in (whole, parts)]
        assert all(torch.equal(learnt[0][name], learnt[1][name]) for name in learnt[0])
