import json
import shutil
from dataclasses import replace

import pytest
import torch
from sentence_transformers import SentenceTransformer

from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.lora import Lora
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

STEPS = {
    "max_steps": 4,
    "save_steps": 2,
    "per_device_train_batch_size": 4,
    "logging_strategy": "no",
    "learning_rate": 0.01,
}


@pytest.fixture
def request_for(tmp_path, pairs, make_transformer):
    base = make_transformer(tmp_path / "base")
    data = tmp_path / "tiny.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in pairs.table.to_pylist()), encoding="utf-8")

    def make(output="run", lora="r=4,alpha=8,dropout=0.1", **given):
        options = {"model": str(base), "lora": lora, "arguments": STEPS, **given}
        return TrainingRequest(train_data=str(data), output=tmp_path / output, **options)

    return make


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("r=0", "has r=0"),
        ("r=two", "has r=two"),
        ("alpha=0", "has alpha=0"),
        ("dropout=1", "has dropout=1"),
        ("rank=3", "has no 'rank'"),
        ("r", "has 'r'"),
        ("r=1,r=2", "is given r twice"),
    ],
)
def test_adapters_that_cannot_be_are_refused(text, told):
    with pytest.raises(ConfigurationError, match=told):
        Lora.read(text)


def test_adapters_of_a_static_model_are_refused_at_once(request_for, pairs, tmp_path):
    with pytest.raises(ConfigurationError, match="--lora is for transformers, and the model is static:8"):
        request_for(model="static:8")
    static_model(pairs, 4).save_pretrained(str(tmp_path / "words"))
    with pytest.raises(ModelError, match=r"--lora is for transformers, and the first module of .*words is Static"):
        train(request_for(model=str(tmp_path / "words")))
    assert not (tmp_path / "run").exists()


def test_missing_package_is_named_with_its_extra(request_for, monkeypatch):
    monkeypatch.setattr("beir_hybrid.training.lora.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"--lora needs the package peft.* Run: pip install peft$"):
        train(request_for())


def test_layers_that_the_model_lacks_are_refused_with_the_closest(request_for):
    with pytest.raises(ConfigurationError, match=r"no layers 'qury'.*query"):
        train(request_for(lora="targets=qury"))


def test_merged_model_needs_no_adapter_and_equals_base_and_adapter(request_for, tmp_path, monkeypatch):
    request = request_for()
    trained = train(request)
    assert (request.output / "adapter" / "adapter_model.safetensors").is_file()
    assert "LoRA:** r=4" in (request.output / "README.md").read_text(encoding="utf-8")
    base = SentenceTransformer(request.model)
    plain = base.encode(["question 1"], prompt="Query: ")
    base.load_adapter(str(request.output / "adapter"))
    added = base.encode(["question 1"], prompt="Query: ")
    monkeypatch.setitem(__import__("sys").modules, "peft", None)  # cannot be imported
    merged = SentenceTransformer(str(request.output))
    assert not list(request.output.glob("adapter_*"))
    assert merged.encode_query(["question 1"]) == pytest.approx(added, abs=1e-5)
    assert (trained.model.encode_query(["question 1"]) == merged.encode_query(["question 1"])).all()
    assert abs(added - plain).max() > 1e-4


def test_only_adapters_are_trained(request_for):
    request = request_for(lora="r=2,targets=query+value")
    trained = train(request).model.state_dict()
    before = SentenceTransformer(request.model).state_dict()
    changed = {name for name in before if not torch.equal(trained[name], before[name])}
    assert changed
    assert all(".query." in name or ".value." in name for name in changed)


def test_interrupted_adapters_end_as_undisturbed_ones(request_for):
    whole, again = request_for("whole"), request_for("again")
    train(whole)
    train(again)
    for entry in again.output.iterdir():  # what a run that was killed after its first checkpoint leaves
        if entry.name not in {"run.json", "checkpoints"}:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    shutil.rmtree(again.output / "checkpoints" / "checkpoint-4")
    train(request_for("again", resume=True))
    for file in ("model.safetensors", "adapter/adapter_model.safetensors"):
        assert (again.output / file).read_bytes() == (whole.output / file).read_bytes()


def test_a_checkpoint_of_adapters_is_resumed_where_its_base_model_was_moved(request_for, tmp_path):
    """The checkpoint names the folder that the base model was in, which the host would load again."""
    whole, again = request_for("whole"), request_for("again")
    train(whole)
    (tmp_path / "base").rename(tmp_path / "moved")
    for file in ("modules.json", "model.safetensors", "training.json"):
        (whole.output / file).unlink()
    shutil.rmtree(whole.output / "checkpoints" / "checkpoint-4")
    arguments = {**STEPS, "force_resume": True}
    trained = train(request_for("whole", model=str(tmp_path / "moved"), resume=True, arguments=arguments))
    train(replace(again, model=str(tmp_path / "moved")))
    expected = (again.output / "adapter" / "adapter_model.safetensors").read_bytes()
    assert (trained.folder / "adapter" / "adapter_model.safetensors").read_bytes() == expected


def test_best_checkpoint_of_adapters_is_loaded(request_for):
    request = request_for(eval_data="sample", arguments={**STEPS, "eval_steps": 2, "eval_strategy": "steps"})
    trained = train(request)
    assert trained.selected is not None
